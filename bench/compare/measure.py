# SPDX-License-Identifier: Apache-2.0
"""What is measured. Each function returns plain lists and dictionaries: the rounds of each figure."""

import http.client
import os
import pathlib
import subprocess
import threading
import time

import programs
from programs import SERVERS

BOUND = 64 << 20  # The default of --max-response-bytes.


WITH_PODS = pathlib.Path(__file__).parents[2] / "tests" / "engine" / "with_pods.py"
SKIPPED = 77  # The exit code of a program that lacks something on this machine.


def run(*command, may_skip=False):
    """Returns the lines of a program that prints names and numbers; None if it was skipped."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if may_skip and result.returncode == SKIPPED:
        print(result.stderr.strip(), flush=True)
        return None
    if result.returncode != 0:
        raise programs.Failure(f"{' '.join(map(str, command))} failed: {result.stderr.strip()[-2000:]}")
    return result.stdout


def numbers(text):
    return {name: float(value) for name, value in (line.split() for line in text.splitlines())}


def append(rounds, figures):
    for name, value in figures.items():
        rounds.setdefault(name, []).append(value)


class Measurements:
    """Everything that the comparison measures."""

    def __init__(self, binaries, directory, plan, say):
        self.binaries = binaries
        self.directory = directory
        self.plan = plan
        self.say = say
        self.files = {}

    def node(self, shape, count):
        """Returns a file with a node's JSON."""
        if (shape, count) not in self.files:
            path = pathlib.Path(self.directory) / f"{shape}-{count}.json"
            with path.open("wb") as output:
                subprocess.run([f"{self.binaries}/bench/generate_node", shape, str(count)], stdout=output, check=True)
            self.files[shape, count] = path
        return self.files[shape, count]

    def node_at_the_bound(self):
        thousand = self.node("rich", 1000).stat().st_size
        return self.node("rich", BOUND * 1000 // thousand - 20)

    def json(self):
        """Nanoseconds for decode, encode, both, and for RapidJSON's reader with a handler that does nothing."""
        result = []
        for shape in ("plain", "rich"):
            for count in self.plan.counts:
                result.append({"shape": shape, "count": count, "bytes": self.node(shape, count).stat().st_size,
                               "ours": {}, "go": {}})
        for number in range(self.plan.json_rounds):
            self.say(f"JSON, round {number + 1} of {self.plan.json_rounds}")
            for row in result:
                file = self.node(row["shape"], row["count"])
                repeat = max(self.plan.json_repeat, self.plan.json_bytes // row["bytes"])
                append(row["ours"], numbers(run(f"{self.binaries}/bench/json_bench", file, repeat)))
                append(row["go"], numbers(run(f"{self.binaries}/go/json_reference", file, repeat)))
        return result

    def throughput(self, daemon, start_daemon, clients):
        """Requests a second, latencies and costs of the servers, with one daemon for all of them."""
        result = []
        with start_daemon() as (endpoint, daemon_processes):
            for count in clients:
                for name in SERVERS:
                    result.append({"daemon": daemon, "server": name, "clients": count})
            for number in range(self.plan.load_rounds):
                self.say(f"Requests, {daemon}, round {number + 1} of {self.plan.load_rounds}")
                for row in result:
                    with programs.server(row["server"], self.binaries, endpoint) as (port, processes):
                        append(row, self.load(port, processes, row["clients"], daemon_processes))
        return result

    def load(self, port, processes, clients, daemon_processes, seconds=None):
        programs.collect(port)
        cpu, daemon_cpu = processes.cpu_seconds(), daemon_processes.cpu_seconds()
        figures = numbers(run(f"{self.binaries}/bench/load", port, clients,
                              int((seconds or self.plan.load_seconds) * 1000)))
        cpu, daemon_cpu = processes.cpu_seconds() - cpu, daemon_processes.cpu_seconds() - daemon_cpu
        responses = max(figures["responses"], 1)
        return {**figures, "rate": figures["responses"] / figures["seconds"], "cpu": cpu / responses,
                "daemon_cpu": daemon_cpu / responses}

    def throughputs(self):
        file = self.node("plain", self.plan.containers)
        result = self.throughput("stand-in", lambda: programs.stand_in(self.binaries, self.directory, file),
                                 self.plan.clients)
        if self.plan.dockerd:
            result += self.throughput("dockerd", lambda: programs.private_dockerd(self.binaries, self.directory,
                                                                                  self.plan.containers),
                                      self.plan.clients)
        return result

    def one_collection(self, name, file, settle):
        """Memory of a server before, during and after one collection."""
        with programs.stand_in(self.binaries, self.directory, file) as (endpoint, _), \
                programs.server(name, self.binaries, endpoint) as (port, processes):
            # Whatever a server does at its start is over.
            time.sleep(2)
            start = processes.memory()
            # A short collection can end before the first look at it.
            peaks, ended = [start["anonymous"]], threading.Event()

            def watch():
                while not ended.wait(0.002):
                    peaks.append(processes.memory()["anonymous"])

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                programs.collect(port)
            finally:
                ended.set()
                watcher.join()
            end = processes.memory()
            peaks.append(end["anonymous"])
            time.sleep(settle)
            settled = processes.memory()
        return {"start_anonymous": start["anonymous"], "start_file": start["file"], "peak": end["peak"],
                "peak_anonymous": max(peaks), "settled_anonymous": settled["anonymous"],
                "settled_file": settled["file"]}

    def memory(self):
        cases = [(count, self.node("rich", count), name) for count in self.plan.counts for name in SERVERS]
        cases.append(("bound", self.node_at_the_bound(), "container-collector"))
        result = [{"count": count, "file": file, "bytes": file.stat().st_size, "server": name}
                  for count, file, name in cases]
        for number in range(self.plan.memory_rounds):
            self.say(f"Memory, round {number + 1} of {self.plan.memory_rounds}")
            for row in result:
                # Waits only where much memory was taken.
                settle = self.plan.settle_seconds if row["count"] == max(self.plan.counts) else 0
                append(row, self.one_collection(row["server"], row["file"], settle))
        for row in result:
            del row["file"]
        return result

    def memory_after_load(self):
        """Anonymous memory after many requests."""
        result = {name: [] for name in SERVERS}
        file = self.node("plain", self.plan.containers)
        with programs.stand_in(self.binaries, self.directory, file) as (endpoint, daemon_processes):
            for name, rounds in result.items():
                self.say(f"Memory after {self.plan.many_requests} requests, {name}")
                with programs.server(name, self.binaries, endpoint) as (port, processes):
                    sent = 0
                    while sent < self.plan.many_requests:
                        sent += self.load(port, processes, 64, daemon_processes, seconds=1)["responses"]
                    rounds.append(processes.memory()["anonymous"])
        return result

    def start_up(self):
        """Seconds from the start of a server to its first response."""
        result = {name: [] for name in SERVERS}
        file = self.node("plain", self.plan.containers)
        with programs.stand_in(self.binaries, self.directory, file) as (endpoint, _):
            self.say("Start-up")
            for _ in range(self.plan.start_rounds):
                for name, rounds in result.items():
                    rounds.append(self.start_once(name, endpoint))
        return result

    def start_once(self, name, endpoint):
        port = programs.free_port()
        command = SERVERS[name](self.binaries, port, endpoint)
        start = time.monotonic()
        with open(f"{self.binaries}/{name}.log", "wb") as log, \
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
            try:
                while True:
                    try:
                        programs.collect(port)
                        return time.monotonic() - start
                    except (OSError, http.client.HTTPException):
                        if process.poll() is not None or time.monotonic() - start > 30:
                            raise programs.Failure(f"{command[0]} does not respond after its start") from None
                    time.sleep(0.0002)
            finally:
                programs.stop(process)

    def daemon_requests(self, collections=20):
        """The daemon's requests for so many collections, one after the other."""
        path = f"{self.directory}/counting.sock"
        self.say("Requests of the daemon per collection")
        with programs.CountingDaemon(path, self.node("plain", self.plan.containers)) as daemon, \
                programs.server("container-collector", self.binaries, path) as (port, _):
            programs.collect(port)
            time.sleep(0.3)  # The server asks once at its start whether the daemon is ready.
            before = daemon.count
            for _ in range(collections):
                programs.collect(port)
            return {"collections": collections, "requests": daemon.count - before}

    def worst_inputs(self):
        """Rows of name, nanoseconds per byte, peak over input, and what became of it."""
        rows = {}
        for number in range(self.plan.worst_rounds):
            self.say(f"Worst inputs, round {number + 1} of {self.plan.worst_rounds}")
            for line in run(f"{self.binaries}/bench/worst_bench", self.plan.worst_megabytes).splitlines()[1:]:
                name = line[:32].strip()
                time_per_byte, peak, result = line[32:].split(maxsplit=2)
                row = rows.setdefault(name, {"name": name, "time": [], "peak": [], "result": result})
                row["time"].append(float(time_per_byte))
                row["peak"].append(float(peak))
        return list(rows.values())

    def container_runtimes(self):
        """Rows with the nanoseconds of collections from a scripted container runtime and, where one can run, containerd."""
        result = []
        plan = self.plan
        size = plan.cri_containers, plan.cri_pods
        program = f"{self.binaries}/bench/cri_bench"
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        containerd = [*sudo, "/usr/bin/python3", "-B", WITH_PODS, *size, program]
        for runtime, command in {"stand-in": [program, "stand-in", *size], "containerd": containerd}.items():
            self.say(f"Container runtimes: {runtime}")
            lines = run(*command, plan.cri_rounds, plan.cri_repeat, may_skip=True)
            if lines is None:
                self.say("The collections from containerd are left out.")
                continue
            row = {"runtime": runtime}
            for name, value in (line.split() for line in lines.splitlines()):
                append(row, {name: float(value)})
            result.append(row)
        return result
