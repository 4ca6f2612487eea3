# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alerts: well formed, and about metrics that the server has.

Usage: metrics_test.py SERVER
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

SKIPPED = 77
SOURCE = pathlib.Path(__file__).resolve().parents[2]
ALERTS = SOURCE / "deploy" / "monitoring" / "alerts.yaml"
DASHBOARD = SOURCE / "deploy" / "monitoring" / "dashboard.json"

try:
    import yaml
except ImportError as error:
    missing = f"{error} (Debian package python3-yaml)"
else:
    missing = None if shutil.which("promtool") else "there is no promtool (Debian package prometheus)"


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


def request(url, method):
    call = urllib.request.Request(url, method=method)
    try:
        # Without the environment's proxies.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call, timeout=60) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def served_series():
    """The names of the series that a server has after a failed collection and a ping, each with its labels."""
    command = [SERVER, "--port=0", "--docker-endpoint=unix:///nowhere/docker.sock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            url = server.stdout.readline().split()[-1]
            request(f"{url}/processor/containercollector", "POST")
            request(f"{url}/readyz", "GET")
            text = request(f"{url}/metrics", "GET")
        finally:
            server.terminate()
    series = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        values = series.setdefault(name, {})
        for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
            values.setdefault(label, set()).add(value)
    return series


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


class Alerts(unittest.TestCase):
    def test_rules_are_valid(self):
        self.assertEqual("", promtool("check", "rules", ALERTS))

    def test_alerts_fire_when_they_must(self):
        self.assertEqual("", promtool("test", "rules", SOURCE / "tests" / "deploy" / "alerts_test.yaml"))

    def test_every_alert_has_a_test_that_it_fires(self):
        cases = yaml.safe_load((SOURCE / "tests" / "deploy" / "alerts_test.yaml").read_text())["tests"]
        fired = {rule["alertname"] for case in cases for rule in case["alert_rule_test"] if rule["exp_alerts"]}
        rules = {rule["alert"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]}
        self.assertEqual(rules, fired)


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
    if missing:
        print(f"Skipped: {missing}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    SERVER = sys.argv.pop()
    unittest.main()
