# SPDX-License-Identifier: Apache-2.0
"""Daemons of the sandbox, and requests to them over their Unix sockets."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

SANDBOX = pathlib.Path(os.environ.get("SANDBOX", "/nonexistent"))
# The parent of all containers' cgroups.
CGROUP = SANDBOX.name
BUSYBOX = "/bin/busybox"
FOREVER = ["sleep", "1000000"]
SKIPPED = 77


def run(*command):
    """Runs a program and returns its output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command} failed:\n{done.stderr.decode()}")
    return done.stdout.decode()


def wait_until(condition, seconds=60):
    """Waits for a condition and returns whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Response:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read().decode()

    def containers(self):
        if self.status != 200:
            raise RuntimeError(f"the response has status {self.status}: {self.body}")
        return json.loads(self.body)


def send(address, method, target):
    """Sends a request to a Unix socket or to a (host, port)."""
    connection = http.client.HTTPConnection("localhost", timeout=120)
    connection.sock = socket.socket(socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX)
    connection.sock.settimeout(120)
    try:
        connection.sock.connect(address)
        connection.request(method, target)
        return Response(connection.getresponse())
    finally:
        connection.close()


def responds_to_ping(path):
    try:
        return send(path, "GET", "/_ping").status == 200
    except (OSError, http.client.HTTPException):
        return False


class Daemon:
    """A daemon that keeps everything in one directory and serves on `sock` there."""

    def __init__(self, directory, command, responds=responds_to_ping):
        directory.mkdir(exist_ok=True)
        self.directory, self.command, self.responds = directory, command, responds
        self.socket = str(directory / "sock")
        self.endpoint = f"unix://{self.socket}"
        self.start()

    def start(self):
        with open(self.directory / "daemon.log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        wait_until(lambda: self.responds(self.socket) or self.process.poll() is not None, 120)
        if not self.responds(self.socket):
            raise RuntimeError(f"no response from {self.command}")

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(60)

    @contextlib.contextmanager
    def suspended(self):
        """Stops the daemon with SIGSTOP for a while: the kernel still accepts connections."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        yield
        self.process.send_signal(signal.SIGCONT)


class Engine(Daemon):
    """A daemon with Docker's API, whose one image has busybox, and its client."""

    def __init__(self, directory, command, client, image):
        super().__init__(directory, command)
        self.client = client
        run(*client, "import", busybox_archive(directory), image)

    def __call__(self, *arguments):
        """Runs the client."""
        return run(*self.client, *arguments)

    def list(self, query):
        return send(self.socket, "GET", f"/v1.40/containers/json{query}")


class Server:
    """The server under test, listening on a free port."""

    def __init__(self, *arguments):
        command = [sys.argv[1], "--port=0", *arguments]
        with open(SANDBOX / "server.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.address = ("127.0.0.1", int(self.process.stdout.readline().rsplit(":", 1)[1]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def post(self, query=""):
        return send(self.address, "POST", f"/processor/containercollector{query}")


def busybox_archive(directory):
    """Makes an archive of a root file system with busybox and returns its path."""
    programs = directory / "busybox" / "bin"
    programs.mkdir(parents=True)
    shutil.copy(BUSYBOX, programs)
    for applet in ("ls", "sh", "sleep", "true"):
        (programs / applet).symlink_to("busybox")
    archive = directory / "busybox.tar"
    run("tar", "--create", f"--file={archive}", "--directory", directory / "busybox", ".")
    return archive


def is_dynamic(program):
    return subprocess.run(["ldd", program], capture_output=True, check=False).returncode == 0


def missing(programs):
    """Returns what this machine lacks, a sentence each, given the Debian packages of the programs that it needs."""
    if os.geteuid() != 0:
        return ["root, to run container engines"]
    lacks = [f"{name} (Debian package {package})" for name, package in programs.items() if not shutil.which(name)]
    if not os.path.exists(BUSYBOX) or is_dynamic(BUSYBOX):
        lacks.append("a static busybox (Debian package busybox-static)")
    if not any(os.path.exists(f"/sys/fs/cgroup/{name}") for name in ("cgroup.controllers", "freezer")):
        lacks.append("control groups at /sys/fs/cgroup (Debian package cgroupfs-mount)")
    namespaces = ["unshare", "--mount", "--net", "--ipc", "--uts", "--pid", "--fork", "--propagation=unchanged", "true"]
    if subprocess.run(namespaces, capture_output=True, check=False).returncode != 0:
        lacks.append("the privilege to make namespaces (CAP_SYS_ADMIN)")
    return lacks


def enter_sandbox(programs):
    """Runs this program again, in a sandbox, or exits if the machine cannot run it."""
    if SANDBOX.exists():
        return
    # The programs of the distribution, in front of others of the same name.
    os.environ["PATH"] = f"/usr/sbin:/usr/bin:/sbin:/bin:{os.environ['PATH']}"
    lacks = missing(programs)
    if lacks:
        print("Cannot run. This machine lacks:", *lacks, sep="\n  ", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    sandbox = pathlib.Path(__file__).with_name("sandbox.sh")
    os.execv(sandbox, [sandbox, sys.executable, *sys.argv])


def main(programs):
    """Runs the tests of the program with the server that its one argument names."""
    enter_sandbox(programs)
    result = unittest.main(argv=[sys.argv[0]], verbosity=2, exit=False, warnings="ignore").result
    if not result.wasSuccessful() or result.testsRun == 0:
        # The logs go with the sandbox.
        for log in SANDBOX.rglob("*.log"):
            print(f"\n==> the end of {log}", log.read_text(errors="replace")[-4000:], sep="\n", file=sys.stderr)
        sys.exit(1)
