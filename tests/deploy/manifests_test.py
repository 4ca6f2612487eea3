# SPDX-License-Identifier: Apache-2.0
"""The manifests of deploy/kubernetes, rendered by kubectl: valid, and as a collector needs them.

Usage: manifests_test.py SERVER VERSION
"""

import copy
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

SKIPPED = 77
SAMPLES = ("kubediag/diagnosis.yaml", "kube-diagnoser/diagnosis.yaml")

try:
    import yaml

    import custom_resources
    import kubernetes_schema
    from kustomize import DIRECTORIES, MANIFESTS, SOURCE, rendered, the_one
except ImportError as error:
    missing = f"{error} (Debian packages python3-yaml, python3-kubernetes)"
else:
    missing = None if shutil.which("kubectl") else "there is no kubectl (Debian package kubernetes-client)"
    OVERLAYS = tuple(name for name in DIRECTORIES if name != "prometheus-operator")


def objects():
    """Each object with its directory, rendered or a sample."""
    for directory in DIRECTORIES:
        for item in rendered(directory):
            yield directory, item
    for sample in SAMPLES:
        yield sample.split("/")[0], yaml.safe_load((MANIFESTS / sample).read_text())


def errors(directory, item):
    if custom_resources.is_custom(item):
        return custom_resources.errors(directory, item)
    return kubernetes_schema.errors(item)


# Maps whose keys are names that the author chooses.
FREE_MAPS = ("labels", "annotations", "matchLabels", "nodeSelector", "requests", "limits", "hard")


def places(value, path=()):
    """The path of every field that a schema names."""
    if isinstance(value, dict):
        for key, element in value.items():
            if not path or path[-1] not in FREE_MAPS or not isinstance(element, str):
                yield (*path, key)
            yield from places(element, (*path, key))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from places(element, (*path, index))


def parent_of(value, path):
    for step in path[:-1]:
        value = value[step]
    return value


class Schemas(unittest.TestCase):
    def test_every_object_is_valid(self):
        count = 0
        for directory, item in objects():
            with self.subTest(directory=directory, kind=item["kind"]):
                self.assertEqual([], errors(directory, item))
            count += 1
        self.assertGreater(count, 20)

    def test_every_misspelt_field_is_found(self):
        count = 0
        for directory, item in objects():
            for place in places(item):
                misspelt = copy.deepcopy(item)
                parent = parent_of(misspelt, place)
                parent[place[-1] + "x"] = parent.pop(place[-1])
                with self.subTest(directory=directory, place=place):
                    self.assertNotEqual([], errors(directory, misspelt))
                count += 1
        self.assertGreater(count, 300)

    def test_every_wrong_type_is_found(self):
        for directory, item in objects():
            for place in places(item):
                wrong = copy.deepcopy(item)
                parent_of(wrong, place)[place[-1]] = None
                with self.subTest(directory=directory, place=place):
                    self.assertNotEqual([], errors(directory, wrong))


class Collector(unittest.TestCase):
    """What every directory that deploys the collector has in common."""

    def each_pod(self):
        for directory in OVERLAYS:
            pod = the_one(rendered(directory), "DaemonSet")["spec"]["template"]["spec"]
            yield pod, pod["containers"][0]

    def test_the_one_command_deploys_the_base(self):
        self.assertEqual(rendered("base"), rendered("."))

    def test_names_and_labels_fit_together(self):
        for directory in OVERLAYS:
            items = rendered(directory)
            namespace = the_one(items, "Namespace")["metadata"]["name"]
            account = the_one(items, "ServiceAccount")
            daemon_set = the_one(items, "DaemonSet")
            spec = daemon_set["spec"]
            with self.subTest(directory=directory):
                self.assertEqual(namespace, account["metadata"]["namespace"])
                self.assertEqual(namespace, daemon_set["metadata"]["namespace"])
                self.assertEqual(account["metadata"]["name"], spec["template"]["spec"]["serviceAccountName"])
                self.assertEqual(spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"])

    def test_no_token_of_the_kubernetes_api(self):
        self.assertIs(False, the_one(rendered("."), "ServiceAccount")["automountServiceAccountToken"])
        for pod, _ in self.each_pod():
            self.assertIs(False, pod["automountServiceAccountToken"])

    def test_no_variables_of_services(self):
        for pod, _ in self.each_pod():
            self.assertIs(False, pod["enableServiceLinks"])

    def test_it_runs_on_every_node_and_is_evicted_last(self):
        for pod, _ in self.each_pod():
            self.assertEqual([{"operator": "Exists"}], pod["tolerations"])
            self.assertEqual("system-node-critical", pod["priorityClassName"])

    def test_a_quota_lets_the_priority_class_into_the_namespace(self):
        for directory in OVERLAYS:
            items = rendered(directory)
            quota = the_one(items, "ResourceQuota")
            selected = {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}
            self.assertEqual([selected], quota["spec"]["scopeSelector"]["matchExpressions"])
            self.assertEqual(the_one(items, "DaemonSet")["metadata"]["namespace"], quota["metadata"]["namespace"])
            # A cluster has at most 15,000 nodes.
            self.assertEqual(["pods"], list(quota["spec"]["hard"]))
            self.assertGreater(int(quota["spec"]["hard"]["pods"]), 15000)

    def test_pod_security_lets_it_use_the_host(self):
        for directory in OVERLAYS:
            labels = the_one(rendered(directory), "Namespace")["metadata"]["labels"]
            self.assertEqual("privileged", labels["pod-security.kubernetes.io/enforce"])

    def test_it_listens_on_loopback_and_the_kubelet_asks_there(self):
        for pod, container in self.each_pod():
            self.assertIs(True, pod["hostNetwork"])
            self.assertIn("--bind-address=127.0.0.1", container["args"])
            self.assertIn("--port=8091", container["args"])
            for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
                self.assertEqual({"host": "127.0.0.1", "port": 8091, "path": path}, container[probe]["httpGet"])
            # A readiness check is a collection, which may take the 25 seconds of --timeout.
            self.assertGreater(container["readinessProbe"]["timeoutSeconds"], 25)

    def test_only_metrics_are_outside_of_loopback(self):
        for _, container in self.each_pod():
            variables = {variable["name"]: variable for variable in container["env"]}
            address = variables["CONTAINER_COLLECTOR_METRICS_BIND_ADDRESS"]
            self.assertEqual("status.hostIP", address["valueFrom"]["fieldRef"]["fieldPath"])
            port = variables["CONTAINER_COLLECTOR_METRICS_PORT"]["value"]
            self.assertEqual(
                [{"name": "metrics", "containerPort": int(port), "hostPort": int(port), "protocol": "TCP"}],
                container["ports"],
            )

    def test_annotations_and_pod_monitor_name_the_metrics_port(self):
        template = the_one(rendered("."), "DaemonSet")["spec"]["template"]
        port = template["spec"]["containers"][0]["ports"][0]
        annotations = template["metadata"]["annotations"]
        self.assertEqual("true", annotations["prometheus.io/scrape"])
        self.assertEqual(str(port["containerPort"]), annotations["prometheus.io/port"])
        monitor = the_one(rendered("prometheus-operator"), "PodMonitor")
        self.assertEqual(template["metadata"]["labels"], monitor["spec"]["selector"]["matchLabels"])
        self.assertEqual(port["name"], monitor["spec"]["podMetricsEndpoints"][0]["port"])

    def test_the_directory_of_the_socket_is_mounted_on_every_host(self):
        run = {"name": "run", "mountPath": "/run", "readOnly": True}
        for directory in OVERLAYS:
            pod = the_one(rendered(directory), "DaemonSet")["spec"]["template"]["spec"]
            names = {volume["name"]: volume["hostPath"] for volume in pod["volumes"]}
            self.assertEqual({"path": "/run", "type": "Directory"}, names["run"])
            mounts = {mount["name"]: mount for mount in pod["containers"][0]["volumeMounts"]}
            self.assertEqual(names.keys(), mounts.keys())
            # Where /run is a private mount, a container with another propagation does not start.
            others = {"mountPropagation": "HostToContainer"} if directory == "mount-propagation" else {}
            self.assertEqual({**run, **others}, mounts["run"])

    def test_it_asks_the_runtime_that_the_node_has(self):
        runtimes = {"podman": "docker", "openshift": "cri"}
        for directory in OVERLAYS:
            container = the_one(rendered(directory), "DaemonSet")["spec"]["template"]["spec"]["containers"][0]
            runtime = runtimes.get(directory, "auto")
            self.assertIn({"name": "CONTAINER_COLLECTOR_RUNTIME", "value": runtime}, container["env"], directory)

    def test_it_is_confined(self):
        for _, container in self.each_pod():
            context = dict(container["securityContext"])
            context.pop("seLinuxOptions", None)
            self.assertEqual(
                {
                    "runAsUser": 0,
                    "runAsGroup": 0,
                    "privileged": False,
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                context,
            )

    def test_resources_are_bounded_but_for_the_cpu(self):
        for _, container in self.each_pod():
            self.assertEqual({"cpu": "10m", "memory": "32Mi"}, container["resources"]["requests"])
            self.assertEqual({"memory"}, container["resources"]["limits"].keys())

    def test_pending_requests_are_completed_before_it_is_killed(self):
        for pod, _ in self.each_pod():
            self.assertEqual(60, pod["terminationGracePeriodSeconds"])

    def test_the_server_has_the_flags(self):
        flags = subprocess.run([SERVER, "--help"], capture_output=True, text=True, check=True).stdout
        for _, container in self.each_pod():
            for argument in container["args"]:
                self.assertRegex(flags, rf"{re.escape(argument.split('=')[0])}\b")
            for variable in container["env"]:
                self.assertIn(f"(Env:{variable['name']})", flags)

    def test_the_image_is_of_this_version(self):
        for _, container in self.each_pod():
            self.assertEqual(f"localhost/container-collector:{VERSION}", container["image"])


class Overlays(unittest.TestCase):
    def processor(self, directory):
        return the_one(rendered(directory), "Operation")["spec"]["processor"]

    def test_operations_lead_to_the_collector_and_the_route_of_their_generation(self):
        http_server = self.processor("kubediag")["httpServer"]
        self.assertEqual(("127.0.0.1", 8091), (http_server["address"], http_server["port"]))
        self.assertEqual("/processor/containerCollector", http_server["path"])
        for directory, path in (
            ("kubediag-v0.2.0", "/processor/containerCollector"),
            ("kube-diagnoser", "/processor/containercollector"),
        ):
            processor = self.processor(directory)
            self.assertEqual(("127.0.0.1", 8091), (processor["externalIP"], processor["externalPort"]))
            self.assertEqual(path, processor["path"])

    def test_agents_wait_for_two_daemon_timeouts(self):
        for directory in ("kubediag", "kubediag-v0.2.0", "kube-diagnoser"):
            self.assertEqual(60, self.processor(directory)["timeoutSeconds"])

    def test_kubediags_own_operation_stays(self):
        for directory in ("kubediag", "kubediag-v0.2.0", "kube-diagnoser"):
            self.assertNotEqual("container-collector", the_one(rendered(directory), "Operation")["metadata"]["name"])

    def test_graphs_name_the_operation_and_samples_name_the_graph(self):
        for directory in ("kubediag", "kubediag-v0.2.0", "kube-diagnoser"):
            items = rendered(directory)
            nodes = the_one(items, "OperationSet")["spec"]["adjacencyList"]
            self.assertEqual(the_one(items, "Operation")["metadata"]["name"], nodes[1]["operation"])
        for sample in SAMPLES:
            diagnosis = yaml.safe_load((MANIFESTS / sample).read_text())
            graph = the_one(rendered(sample.split("/")[0]), "OperationSet")
            self.assertEqual(graph["apiVersion"], diagnosis["apiVersion"])
            self.assertEqual(graph["metadata"]["name"], diagnosis["spec"]["operationSet"])

    def test_the_sample_names_its_node_for_every_kubediag(self):
        spec = yaml.safe_load((MANIFESTS / SAMPLES[0]).read_text())["spec"]
        self.assertEqual([spec["nodeName"]], spec["targetSelector"]["nodeNames"])

    def test_podman_is_asked_at_its_own_socket(self):
        container = the_one(rendered("podman"), "DaemonSet")["spec"]["template"]["spec"]["containers"][0]
        endpoint = {"name": "CONTAINER_COLLECTOR_DOCKER_ENDPOINT", "value": "unix:///var/run/podman/podman.sock"}
        self.assertIn(endpoint, container["env"])

    def test_selinux_lets_it_use_the_socket(self):
        for directory in ("selinux", "openshift"):
            container = the_one(rendered(directory), "DaemonSet")["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual({"type": "spc_t"}, container["securityContext"]["seLinuxOptions"])

    def test_openshift_admits_it_on_every_node_and_crio_is_asked(self):
        items = rendered("openshift")
        binding = the_one(items, "RoleBinding")
        account = the_one(items, "ServiceAccount")["metadata"]
        self.assertEqual(account["namespace"], binding["metadata"]["namespace"])
        self.assertEqual(
            [{"kind": "ServiceAccount", "name": account["name"], "namespace": account["namespace"]}], binding["subjects"]
        )
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:openshift:scc:privileged"}
        self.assertEqual(role, binding["roleRef"])
        self.assertEqual({"openshift.io/node-selector": ""}, the_one(items, "Namespace")["metadata"]["annotations"])
        container = the_one(items, "DaemonSet")["spec"]["template"]["spec"]["containers"][0]
        endpoint = {"name": "CONTAINER_COLLECTOR_CRI_ENDPOINT", "value": "unix:///run/crio/crio.sock"}
        self.assertIn(endpoint, container["env"])

    def test_microk8s_has_its_socket_mounted_where_it_is_on_the_host(self):
        pod = the_one(rendered("microk8s"), "DaemonSet")["spec"]["template"]["spec"]
        path = "/var/snap/microk8s/common/run"
        self.assertIn({"name": "microk8s", "hostPath": {"path": path, "type": "Directory"}}, pod["volumes"])
        self.assertIn({"name": "microk8s", "mountPath": path, "readOnly": True}, pod["containers"][0]["volumeMounts"])


class Page(unittest.TestCase):
    """docs/deploy.md says what is there."""

    def setUp(self):
        self.page = (SOURCE / "docs" / "deploy.md").read_text()

    def test_every_file_that_it_names_exists(self):
        names = set(re.findall(r"\bdeploy/[\w./-]*\w", self.page))
        self.assertGreater(len(names), 8)
        for name in names:
            self.assertTrue((SOURCE / name).exists(), name)

    def test_it_names_every_directory_to_apply(self):
        for directory in DIRECTORIES:
            if directory != "base":
                self.assertIn(str(pathlib.PurePath("deploy/kubernetes") / directory), self.page)

    def test_its_table_of_kubediag_is_that_of_the_manifests(self):
        rows = re.findall(r"^\| .+ \| `deploy/kubernetes/(ku[\w.-]+)` \| (.+) \| (.+) \|$", self.page, re.MULTILINE)
        self.assertEqual({"kube-diagnoser", "kubediag-v0.2.0", "kubediag"}, {directory for directory, *_ in rows})
        for directory, fields, result in rows:
            processor = the_one(rendered(directory), "Operation")["spec"]["processor"]
            with self.subTest(directory=directory):
                self.assertTrue({*re.findall(r"`(\w+)`", fields)} <= processor.keys())
                path = processor.get("httpServer", processor)["path"]
                # tests/server/request_log_test.cc: the agents of each generation against both routes.
                shape = {"/processor/containercollector": "array", "/processor/containerCollector": "object"}[path]
                self.assertTrue(result.startswith(f"JSON {shape}"), result)

    def test_it_names_the_objects(self):
        for kind in ("Operation", "OperationSet"):
            self.assertIn(f"`{the_one(rendered('kubediag'), kind)['metadata']['name']}`", self.page)


if __name__ == "__main__":
    if missing:
        print(f"Skipped: {missing}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)
    VERSION = sys.argv.pop()
    SERVER = sys.argv.pop()
    unittest.main()
