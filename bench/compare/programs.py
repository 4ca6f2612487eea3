# SPDX-License-Identifier: Apache-2.0
"""The programs of the comparison: how they start and stop, and what they cost."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time

ROUTE = "/processor/containercollector"
HERE = pathlib.Path(__file__).resolve().parent


class Failure(Exception):
    """What happened, where, and what to do."""


class UnixConnection(http.client.HTTPConnection):
    """Speaks HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, method, target, body=None, headers=None):
    """Returns the body of the response, which has to be a success."""
    with contextlib.closing(connection):
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        content = response.read()
    if response.status >= 300:
        raise Failure(f"{method} {target} failed: status {response.status}: {content[:500]!r}")
    return content


def collect(port):
    """Sends one request to a collector and returns the body of its response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    return ask(connection, "POST", ROUTE, "{}", {"Connection": "close"})


def find(program):
    """Returns the path of a program. An ordinary user's PATH lacks nginx."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Failure(f"{program} is not in PATH: install it, or let scripts/bench do so")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Processes:
    """A process and its descendants."""

    def __init__(self, root):
        self.root = root

    def pids(self):
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    parents[int(entry)] = int(self._stat(entry)[1])
        found = [self.root]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    @staticmethod
    def _stat(pid):
        """The fields of /proc/PID/stat from the state on. The name before it may contain anything."""
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                fields = self._stat(pid)
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Bytes now, anonymous and file-backed, and the sum of the processes' peaks."""
        total = {"RssAnon": 0, "RssFile": 0, "VmHWM": 0}
        for pid in self.pids():
            with contextlib.suppress(OSError):
                for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                    name, _, value = line.partition(":")
                    if name in total:
                        total[name] += int(value.split()[0]) * 1024
        return {"anonymous": total["RssAnon"], "file": total["RssFile"], "peak": total["VmHWM"]}


@contextlib.contextmanager
def running(command, log, ready, **options):
    """Runs a program until the block ends. ready() says whether the program can be used."""
    with open(log, "wb") as output, subprocess.Popen(
            command, stdout=output, stderr=output, **{"stdin": subprocess.DEVNULL, **options}) as process:
        try:
            deadline = time.monotonic() + 60
            while not ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    text = pathlib.Path(log).read_text(errors="replace")[-2000:]
                    raise Failure(f"{command[0]} does not respond. Its log is {log}, and ends with:\n{text}")
                time.sleep(0.01)
            yield process
        finally:
            stop(process)


def stop(process):
    if process.stdin:
        process.stdin.close()
    else:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def accepts(address, family=socket.AF_UNIX):
    with socket.socket(family) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def ours(programs, port, endpoint):
    return [f"{programs}/server/container-collector", "--port", str(port), "--docker-endpoint", f"unix://{endpoint}",
            # Neither of the others logs requests, or bounds what it sends.
            "--log-level", "warning", "--max-answer-bytes", "0"]


def go(programs, port, endpoint):
    return [f"{programs}/go/collector", str(port), endpoint]


def nginx(programs, port, endpoint):
    """Passes the daemon's bytes on. Keeps connections to the daemon, and whole responses in memory."""
    directory = pathlib.Path(programs) / "nginx"
    directory.mkdir(exist_ok=True)
    configuration = directory / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(f"""
{user}
daemon off;
worker_processes auto;
worker_rlimit_nofile 8192;
pid nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  upstream docker {{
    server unix:{endpoint};
    keepalive 512;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = {ROUTE} {{
      proxy_method GET;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Connection "";
      proxy_set_header Host docker;
      proxy_http_version 1.1;
      proxy_buffers 64 16k;
      proxy_max_temp_file_size 0;
      proxy_pass http://docker/v1.40/containers/json?all=1;
    }}
  }}
}}
""")
    return [find("nginx"), "-p", str(directory), "-c", str(configuration)]


SERVERS = {"container-collector": ours, "Go": go, "nginx": nginx}


@contextlib.contextmanager
def server(name, programs, endpoint):
    """Runs a server. Yields its port and its processes."""
    port = free_port()
    command = SERVERS[name](programs, port, endpoint)
    ready = lambda: accepts(("127.0.0.1", port), socket.AF_INET)
    with running(command, f"{programs}/{name}.log", ready) as process:
        yield port, Processes(process.pid)


@contextlib.contextmanager
def stand_in(programs, directory, containers):
    """Runs a stand-in daemon that sends a file at once. Yields its socket."""
    version = HERE.parent.parent / "tests/data/recorded/docker-20.10.24.version.json"
    path = f"{directory}/stand-in.sock"
    command = [f"{programs}/tests/support/recorded-daemon", "--socket", path, "--containers", str(containers),
               "--version", str(version)]
    with running(command, f"{programs}/stand-in.log", lambda: accepts(path)) as process:
        yield path, Processes(process.pid)


@contextlib.contextmanager
def private_dockerd(programs, directory, containers):
    """Runs a dockerd of its own with containers that were created, not started. Yields its socket."""
    path = f"{directory}/docker.sock"
    command = ["bash", str(HERE / "private_dockerd.sh"), directory]
    if os.geteuid() != 0:
        command.insert(0, "sudo")
    with running(command, f"{programs}/dockerd.log", lambda: accepts(path), stdin=subprocess.PIPE) as process:
        ask(UnixConnection(path), "POST", "/v1.40/images/create?fromSrc=-&repo=empty", b"\0" * 10240)
        for number in range(containers):
            name = f"k8s_app-{number}_web-{number}_production_{number:032x}_0"
            labels = {"io.kubernetes.container.name": f"app-{number}", "io.kubernetes.pod.name": f"web-{number}",
                      "io.kubernetes.pod.namespace": "production", "io.kubernetes.pod.uid": f"{number:032x}"}
            body = json.dumps({"Image": "empty", "Cmd": ["/app", "--listen=0.0.0.0:8080"], "Labels": labels})
            ask(UnixConnection(path), "POST", f"/v1.40/containers/create?name={name}", body,
                {"Content-Type": "application/json"})
        yield path, Processes(process.pid)


class CountingDaemon(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """A slow stand-in daemon that counts its requests."""

    daemon_threads = True

    def __init__(self, path, containers):
        self.count = 0
        content = pathlib.Path(containers).read_bytes()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.server.count += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def address_string(self):
                return "unix"

            def log_message(self, *_):
                pass

        super().__init__(path, Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()
