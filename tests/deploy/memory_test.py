# SPDX-License-Identifier: Apache-2.0
"""The memory limit of the DaemonSet holds while everything that takes memory is at its bound.

Usage: memory_test.py SERVER
"""

import contextlib
import itertools
import os
import pathlib
import re
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest

from common import first_missing, main, rendered, the_one

CONTAINER = (
    '{"Id":"%064d","Names":["/k8s_pause_web-%d_default_59f1aee9-e00c-4680-92c3-d1cee080f8dc_0"],"Image":"pause:3.9",'
    '"ImageID":"sha256:e6f1816883972d4be47bd48879a08919b96afcd344132622e4d444987919323c","Command":"/pause",'
    '"Created":1795430876,"Ports":[],"Labels":{"io.kubernetes.container.name":"POD",'
    '"io.kubernetes.pod.name":"web-%d","io.kubernetes.pod.namespace":"default"},"State":"exited",'
    '"Status":"Exited (0) 3 days ago","HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{}},"Mounts":[]}'
)
# Calls of the runtime at the same time: server/app.cc allows four, and one more for the default options.
CALLS = 5
# What the default of --max-answer-bytes still lets through.
LARGE_LIST = 1000 * 1000

try:
    import yaml  # noqa: F401
except ImportError as error:
    missing = f"{error} (Debian package python3-yaml)"
else:
    missing = first_missing({"kubectl": "kubernetes-client"})


def list_of(size):
    """A list of containers, as a daemon sends it, of nearly `size` bytes."""
    one = len(CONTAINER % (0, 0, 0)) + 12
    return "[" + ",".join(CONTAINER % (n, n, n) for n in range(size // one)) + "]"


class Daemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Responds to every request with another list of the same size; the last `together` at the same time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path):
        super().__init__(path, Handler)
        self.lists = itertools.count(1000000000)
        self.respond_with(LARGE_LIST, 1)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def respond_with(self, size, together):
        """From now on responds with lists of that size, the last byte of each when `together` of them have got there."""
        self.containers = list_of(size)
        self.barrier = threading.Barrier(together)

    def response(self):
        # Another time in the first container, because the server keeps equal bodies once.
        body = self.containers.replace("1795430876", str(next(self.lists)), 1).encode()
        head = f"HTTP/1.1 200 OK\r\nApi-Version: 1.40\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def handle_error(self, request, client_address):
        pass


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        response = self.server.response()
        self.wfile.write(response[:-1])
        with contextlib.suppress(threading.BrokenBarrierError):
            self.server.barrier.wait(timeout=30)
        self.wfile.write(response[-1:])


class Server:
    """The server with the flags and variables of the DaemonSet, but at ports that the kernel picks."""

    def __init__(self, container, endpoint):
        arguments = [argument for argument in container["args"] if not argument.startswith("--port")]
        variables = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
        variables.pop("CONTAINER_COLLECTOR_METRICS_PORT")
        self.process = subprocess.Popen(
            [SERVER, "--port=0", f"--docker-endpoint=unix://{endpoint}", "--log-level=error", *arguments],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def __enter__(self):
        self.clients = contextlib.ExitStack()
        return self

    def __exit__(self, *_):
        self.clients.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def send(self, query):
        """Sends a request and does not read the response."""
        client = self.clients.enter_context(socket.socket())
        # The response stays in the server.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.port))
        target = f"/processor/containercollector?{query}"
        client.sendall(f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        return client

    def status(self, client):
        client.settimeout(60)
        return client.recv(len("HTTP/1.1 200")).decode()[-3:]

    def kib(self, field):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{field}:\s*(\d+) kB$", status, re.MULTILINE)[1])


def bytes_of(quantity):
    units = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
    return int(quantity[:-2]) * units[quantity[-2:]]


class Memory(unittest.TestCase):
    def setUp(self):
        self.container = the_one(rendered("."), "DaemonSet")["spec"]["template"]["spec"]["containers"][0]
        self.limit = bytes_of(self.container["resources"]["limits"]["memory"])
        self.directory = self.enterContext(tempfile.TemporaryDirectory())

    def flag(self, name):
        """The value in the manifest, or the default in --help."""
        variable = "CONTAINER_COLLECTOR_" + name.upper().replace("-", "_")
        for entry in self.container["env"]:
            if entry["name"] == variable:
                return int(entry["value"])
        text = subprocess.run([SERVER, "--help"], capture_output=True, text=True, check=True).stdout
        return int(re.search(rf"--{name} \w+ ?[=\[](\d+)", text)[1])

    def test_slow_readers_and_the_largest_lists_together(self):
        endpoint = f"{self.directory}/sock"
        in_flight = self.flag("max-in-flight-bytes")
        size = self.flag("max-response-bytes")
        with Daemon(endpoint) as daemon, Server(self.container, endpoint) as server:
            # Different options, so that no two share a call of the daemon.
            statuses = [server.status(server.send(f"limit={n}")) for n in range(in_flight // LARGE_LIST + 3)]
            self.assertEqual({"200", "503"}, set(statuses))
            readers = server.kib("VmHWM")
            daemon.respond_with(size, CALLS)
            clients = [server.send(f"limit={number}") for number in range(CALLS)]
            # Too large for a response, or for those in flight.
            self.assertLessEqual({server.status(client) for client in clients}, {"200", "500", "503"})
            peak = server.kib("VmHWM")
        print(f"{statuses.count('200')} slow readers: {readers} KiB; with {CALLS} lists of {size} bytes: {peak} KiB")
        # An eighth for the buffers of sockets, which the kernel counts and the process does not show.
        self.assertLess(peak * 1024, self.limit * 7 / 8)


if __name__ == "__main__":
    SERVER = sys.argv[1]
    main(missing)
