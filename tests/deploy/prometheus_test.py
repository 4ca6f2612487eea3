# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus scrapes both listeners, by IP address and by host name.

Usage: prometheus_test.py SERVER
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

from common import curl, first_missing, main

# The main listener accepts names in --allowed-host alone, because a web page could read containers there.
ALLOWED = "allowed.example"
NAME = "node.example"
# Prometheus sees names that no resolver knows, in a mount namespace with a file of its own.
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]


def missing():
    """Returns why the test cannot run on this machine, or None."""
    if subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        return f"{' '.join(UNSHARE)} fails"
    return first_missing({"prometheus": "prometheus", "curl": "curl"})


def start(command, pattern, count, **options):
    """Starts a program and returns it with the ports that its log names, when there are `count`."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)
    ports, log = [], ""
    while len(ports) < count:
        line = process.stderr.readline()
        if not line:
            raise RuntimeError(f"{command[0]} ended:\n{log}")
        log += line
        ports += [int(port) for port in re.findall(pattern, line)]
    return process, ports


class Prometheus(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def stop(self, process):
        process.kill()
        process.wait()
        process.stderr.close()

    def start_server(self):
        command = [SERVER, "--port=0", "--metrics-port=0", f"--allowed-host={ALLOWED}"]
        command.append(f"--docker-endpoint=unix://{self.directory}/docker.sock")
        server, ports = start(command, r"url=\"?http://127\.0\.0\.1:(\d+)", 2, stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop, server)
        return ports

    def start_prometheus(self, targets):
        hosts, config = self.directory / "hosts", self.directory / "prometheus.json"
        hosts.write_text(f"127.0.0.1 localhost {ALLOWED} {NAME}\n")
        scrape = {"job_name": "collector", "scrape_interval": "1s", "static_configs": [{"targets": targets}]}
        config.write_text(json.dumps({"scrape_configs": [scrape]}))
        command = [*UNSHARE, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec prometheus "$@"', str(hosts)]
        command += [f"--config.file={config}", f"--storage.tsdb.path={self.directory}/data"]
        command += ["--web.listen-address=127.0.0.1:0"]
        prometheus, ports = start(command, r"address=127\.0\.0\.1:([1-9]\d*)", 1, stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop, prometheus)
        return f"http://127.0.0.1:{ports[0]}/api/v1"

    def test_both_listeners_by_address_and_by_name(self):
        main, metrics = self.start_server()
        targets = [f"127.0.0.1:{main}", f"{ALLOWED}:{main}", f"127.0.0.1:{metrics}", f"{NAME}:{metrics}"]
        api = self.start_prometheus(targets)
        deadline = time.monotonic() + 60
        scraped = []
        while len(scraped) < len(targets):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
            # A 503 until Prometheus has read its files.
            with contextlib.suppress(subprocess.CalledProcessError):
                active = json.loads(curl("--fail", f"{api}/targets"))["data"]["activeTargets"]
                scraped = [target for target in active if target["health"] != "unknown"]
        faults = {target["labels"]["instance"]: target["lastError"] for target in scraped}
        self.assertEqual(dict.fromkeys(targets, ""), faults)
        series = json.loads(curl(f"{api}/query?query=containercollector_build_info"))["data"]["result"]
        self.assertEqual(set(targets), {sample["metric"]["instance"] for sample in series})


if __name__ == "__main__":
    SERVER = sys.argv[1]
    main(missing())
