// SPDX-License-Identifier: Apache-2.0

// Times moby's types with encoding/json: json_reference FILE ROUNDS
//
// Prints, in nanoseconds, the fastest of the rounds for decode, encode and
// both.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/docker/docker/api/types"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: json_reference FILE ROUNDS")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	rounds, err := strconv.Atoi(os.Args[2])
	if err != nil || rounds < 1 {
		log.Fatal("ROUNDS must be a number from 1")
	}

	fastest := map[string]time.Duration{}
	record := func(name string, time time.Duration) {
		if old, found := fastest[name]; !found || time < old {
			fastest[name] = time
		}
	}
	for i := 0; i < rounds; i++ {
		var containers []types.Container
		start := time.Now()
		if err := json.Unmarshal(text, &containers); err != nil {
			log.Fatal(err)
		}
		decoded := time.Now()
		if _, err := json.Marshal(containers); err != nil {
			log.Fatal(err)
		}
		end := time.Now()
		record("decode", decoded.Sub(start))
		record("encode", end.Sub(decoded))
		record("both", end.Sub(start))
	}
	for _, name := range []string{"decode", "encode", "both"} {
		fmt.Println(name, fastest[name].Nanoseconds())
	}
}
