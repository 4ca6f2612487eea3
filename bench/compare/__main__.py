# SPDX-License-Identifier: Apache-2.0
"""Compares Container Collector with Go and nginx: scripts/bench calls it."""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import programs
import report
from measure import Measurements


@dataclasses.dataclass
class Plan:
    """How much is measured."""

    dockerd: bool
    counts: tuple = (10, 250, 1000, 10000)
    containers: int = 250
    clients: tuple = (1, 64, 512)
    json_rounds: int = 5
    json_repeat: int = 3
    json_bytes: int = 20_000_000
    load_rounds: int = 3
    load_seconds: float = 3
    memory_rounds: int = 2
    settle_seconds: float = 10
    many_requests: int = 10000
    start_rounds: int = 21
    worst_rounds: int = 2
    worst_megabytes: int = 10
    cri_containers: int = 250
    cri_pods: int = 50
    cri_rounds: int = 5
    cri_repeat: int = 20


def quick(dockerd):
    return Plan(dockerd, json_rounds=1, json_repeat=1, json_bytes=2_000_000, load_rounds=1, load_seconds=0.3,
                clients=(1, 64), memory_rounds=1, settle_seconds=0.5, many_requests=500, start_rounds=3, worst_rounds=1,
                worst_megabytes=2, cri_rounds=2, cri_repeat=3)


def machine():
    """Cores, memory and the kind of CPU, and nothing that names the machine."""
    cpu = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith(("model name", "Model"))), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": len(os.sched_getaffinity(0)), "memory": memory, "cpu": cpu}


def measure(binaries, plan):
    start = time.monotonic()
    say = lambda text: print(f"[{time.monotonic() - start:4.0f} s] {text}", flush=True)
    # Not in the build directory: the path of a Unix socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="cc-bench.") as directory:
        measurements = Measurements(binaries, directory, plan, say)
        results = {"machine": machine(), "plan": dataclasses.asdict(plan)}
        for name, function in (("json", measurements.json), ("requests", measurements.throughputs),
                               ("memory", measurements.memory), ("after_load", measurements.memory_after_load),
                               ("start", measurements.start_up), ("daemon_requests", measurements.daemon_requests),
                               ("worst", measurements.worst_inputs), ("cri", measurements.container_runtimes)):
            results[name] = function()
        say("Done")
    return results


def main():
    parser = argparse.ArgumentParser(prog="bench/compare")
    parser.add_argument("--programs", required=True, help="the build directory")
    parser.add_argument("--source", required=True, help="the source directory, for docs/performance.md and README.md")
    parser.add_argument("--output", help="a directory for copies of the pages; without it the pages are changed")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--without-dockerd", action="store_true")
    parser.add_argument("--results", help="report these results, and measure nothing")
    arguments = parser.parse_args()

    if arguments.results:
        results = json.loads(pathlib.Path(arguments.results).read_text())
    else:
        plan = (quick if arguments.quick else Plan)(not arguments.without_dockerd)
        results = measure(arguments.programs, plan)
    source = pathlib.Path(arguments.source)
    output = pathlib.Path(arguments.output) if arguments.output else source
    if output != source:
        (output / "docs").mkdir(parents=True, exist_ok=True)
        for page in ("README.md", "docs/performance.md"):
            shutil.copyfile(source / page, output / page)
    if not arguments.results:
        (pathlib.Path(arguments.programs) / "results.json").write_text(json.dumps(results, indent=1))
    report.write(results, output)


if __name__ == "__main__":
    # So that everything that was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except programs.Failure as failure:
        sys.exit(f"scripts/bench: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
