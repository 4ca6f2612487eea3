# SPDX-License-Identifier: Apache-2.0
"""The dashboard, the alerts and the list of metrics: well formed, and about metrics that the server has.

Usage: metrics_test.py SERVER
"""

import contextlib
import functools
import json
import re
import socketserver
import subprocess
import sys
import tempfile
import threading
import unittest

from common import SOURCE, curl, first_missing, main

ALERTS = SOURCE / "deploy" / "monitoring" / "alerts.yaml"
DASHBOARD = SOURCE / "deploy" / "monitoring" / "dashboard.json"
PAGE = SOURCE / "docs" / "metrics.md"

try:
    import yaml
except ImportError as error:
    missing = f"{error} (Debian package python3-yaml)"
else:
    missing = first_missing({"promtool": "prometheus", "openssl": "openssl", "curl": "curl"})


def promtool(*arguments):
    """Runs promtool and returns its complaints, empty if it has none."""
    run = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    return "" if run.returncode == 0 else run.stdout + run.stderr


def panels():
    return json.loads(DASHBOARD.read_text())["panels"]


def dashboard_expressions():
    """The queries of the dashboard with Grafana's variables replaced."""
    for panel in panels():
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")


def alert_expressions():
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


class Daemon(socketserver.ThreadingUnixStreamServer):
    """A Docker daemon without containers."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]")

    def __init__(self, path):
        super().__init__(path, self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def make_certificate(directory):
    """Makes a certificate and returns the flags that use it."""
    cert, key = f"{directory}/server.crt", f"{directory}/server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
        + ["-subj", "/CN=test", "-out", cert, "-keyout", key],
        capture_output=True,
        check=True,
    )
    return [f"--tls-cert={cert}", f"--tls-key={key}"]


@functools.lru_cache
def served_metrics(with_tls=True):
    """What a server with both listeners serves after a collection and a look at its readiness."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        daemon = stack.enter_context(Daemon(f"{directory}/docker.sock"))
        command = [SERVER, "--port=0", "--metrics-port=0", f"--docker-endpoint=unix://{directory}/docker.sock"]
        command += make_certificate(directory) if with_tls else []
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        stack.enter_context(server)
        try:
            url = server.stdout.readline().split()[-1]
            curl("--request", "POST", f"{url}/processor/containercollector")
            curl(f"{url}/readyz")
            return curl(f"{url}/metrics")
        finally:
            server.terminate()
            daemon.shutdown()


def served_series():
    """The names of the series, each with the values of its labels."""
    series = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", served_metrics(), re.MULTILINE):
        values = series.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            values.setdefault(label, set()).add(value)
    return series


def served_families(text):
    """The metrics by name: the type and the labels of each."""
    families = {}
    for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE):
        suffix = "(?:_bucket|_sum|_count)" if kind == "histogram" else ""
        labels = set()
        for sample in re.findall(rf"^{name}{suffix}\{{(.*)\}} ", text, re.MULTILINE):
            labels |= {*re.findall(r'(\w+)="', sample)}
        families[name] = (kind, labels - {"le"})
    return families


def described_families():
    """The same, as the page says."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return {name: (kind, {*re.findall(r"`(\w+)`", labels)}) for name, kind, labels, _ in rows}


class Metrics(unittest.TestCase):
    def test_every_metric_and_label_exists(self):
        series = served_series()
        # Added by Prometheus, and a function's label.
        always = {"instance", "le"}
        used = set()
        for expression in [*alert_expressions(), *dashboard_expressions()]:
            for name, selector in re.findall(r"\b((?:containercollector|process)_\w+)(?:\{([^}]*)\})?", expression):
                used.add(name)
                with self.subTest(metric=name):
                    self.assertIn(name, series)
                    labels = {*re.findall(r"(\w+)\s*[!=]", selector)}
                    self.assertLessEqual(labels - always, series[name].keys())
                    for label, value in re.findall(r'(\w+)="(\w+)"', selector):
                        self.assertIn(value, series[name][label])
        self.assertGreater(len(used), 5)

    def test_a_metric_that_does_not_exist_would_be_found(self):
        self.assertNotIn("containercollector_no_such_metric", served_series())

    def test_promtool_has_no_complaints(self):
        run = subprocess.run(
            ["promtool", "check", "metrics"], input=served_metrics(), capture_output=True, text=True, check=False
        )
        self.assertEqual((0, "", ""), (run.returncode, run.stdout, run.stderr))

    def test_the_page_has_every_metric_with_its_type_and_labels(self):
        self.assertEqual(described_families(), served_families(served_metrics()))

    def test_without_tls_there_is_nothing_about_certificates(self):
        without = {name for name in described_families() if "_certificate_" not in name}
        self.assertEqual(without, served_families(served_metrics(with_tls=False)).keys())


class Alerts(unittest.TestCase):
    def test_rules_are_valid(self):
        self.assertEqual("", promtool("check", "rules", ALERTS))

    def test_alerts_fire_when_they_must(self):
        self.assertEqual("", promtool("test", "rules", SOURCE / "tests" / "deploy" / "alerts_test.yaml"))

    def test_every_alert_has_a_test(self):
        tested = re.findall(r"ContainerCollector\w+", (SOURCE / "tests" / "deploy" / "alerts_test.yaml").read_text())
        rules = {rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}
        self.assertEqual(rules, {*tested})


class Dashboard(unittest.TestCase):
    def test_queries_are_valid(self):
        rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(dashboard_expressions())]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            self.assertEqual("", promtool("check", "rules", file.name))

    def test_panels_are_explained_and_do_not_overlap(self):
        taken = set()
        for panel in panels():
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            with self.subTest(panel=panel["title"]):
                self.assertTrue(panel["description"])
                self.assertFalse(cells & taken)
                self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells
        self.assertEqual(len(panels()), len({panel["id"] for panel in panels()}))


if __name__ == "__main__":
    SERVER = sys.argv[1]
    main(missing)
