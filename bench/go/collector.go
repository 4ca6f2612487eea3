// SPDX-License-Identifier: Apache-2.0

// A collector as one writes it in Go, to compare with: each request asks the
// daemon, and Docker's types decode and encode the list.
//
// collector PORT SOCKET
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/docker/docker/api/types"
)

type collector struct {
	daemon http.Client
}

func newCollector(socket string) *collector {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
	// Keeps as many connections as there are clients in the comparison.
	transport := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 512}
	return &collector{daemon: http.Client{Transport: transport}}
}

func (c *collector) list(ctx context.Context) ([]types.Container, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		"http://docker/v1.40/containers/json?all=1", nil)
	if err != nil {
		return nil, err
	}
	response, err := c.daemon.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the daemon's status is %s", response.Status)
	}
	var containers []types.Container
	if err := json.NewDecoder(response.Body).Decode(&containers); err != nil {
		return nil, err
	}
	// Without the end of the body the connection is not used again.
	_, err = io.Copy(io.Discard, response.Body)
	return containers, err
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "method not supported", http.StatusMethodNotAllowed)
		return
	}
	// A connection that is closed with bytes unread loses the response.
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	containers, err := c.list(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	body, err := json.Marshal(containers)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(body); err != nil {
		log.Print(err)
	}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: collector PORT SOCKET")
	}
	http.Handle("/processor/containercollector", newCollector(os.Args[2]))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
