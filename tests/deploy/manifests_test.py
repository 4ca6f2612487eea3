# SPDX-License-Identifier: Apache-2.0
"""The manifests of deploy/kubernetes, rendered by kubectl: valid, and as a collector needs them.

Usage: manifests_test.py SERVER VERSION
"""

import copy
import re
import subprocess
import sys
import unittest

from common import DIRECTORIES, MANIFESTS, SOURCE, first_missing, main, rendered, the_one

SAMPLES = ("kubediag/diagnosis.yaml", "kube-diagnoser/diagnosis.yaml")
OVERLAYS = tuple(name for name in DIRECTORIES if name != "prometheus-operator")
GENERATIONS = ("kubediag", "kubediag-v0.2.0", "kube-diagnoser")

try:
    import yaml

    from schemas import errors
except ImportError as error:
    missing = f"{error} (Debian packages python3-yaml, python3-kubernetes)"
else:
    missing = first_missing({"kubectl": "kubernetes-client"})


def objects():
    """Each object with its directory, rendered or a sample."""
    for directory in DIRECTORIES:
        for item in rendered(directory):
            yield directory, item
    for sample in SAMPLES:
        yield sample.split("/")[0], yaml.safe_load((MANIFESTS / sample).read_text())


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

    def test_every_misspelt_field_and_wrong_type_is_found(self):
        count = 0
        for directory, item in objects():
            for place in places(item):
                misspelt, wrong = copy.deepcopy(item), copy.deepcopy(item)
                parent = parent_of(misspelt, place)
                parent[place[-1] + "x"] = parent.pop(place[-1])
                parent_of(wrong, place)[place[-1]] = None
                with self.subTest(directory=directory, place=place):
                    self.assertNotEqual([], errors(directory, misspelt))
                    self.assertNotEqual([], errors(directory, wrong))
                count += 1
        self.assertGreater(count, 300)


def pod_of(directory):
    """Returns the pod of a directory's DaemonSet, and its container."""
    pod = the_one(rendered(directory), "DaemonSet")["spec"]["template"]["spec"]
    return pod, pod["containers"][0]


POD = {
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "hostNetwork": True,
    # It runs on every node and is evicted last.
    "tolerations": [{"operator": "Exists"}],
    "priorityClassName": "system-node-critical",
    # Pending requests are completed before it is killed.
    "terminationGracePeriodSeconds": 60,
}
SECURITY = {
    "runAsUser": 0,
    "runAsGroup": 0,
    "privileged": False,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


class Collector(unittest.TestCase):
    """What every directory that deploys the collector has in common."""

    def each_pod(self):
        for directory in OVERLAYS:
            yield directory, *pod_of(directory)

    def test_the_one_command_deploys_the_base(self):
        self.assertEqual(rendered("base"), rendered("."))

    def test_names_and_labels_fit_together(self):
        for directory in OVERLAYS:
            items = rendered(directory)
            namespace = the_one(items, "Namespace")["metadata"]
            account = the_one(items, "ServiceAccount")
            daemon_set = the_one(items, "DaemonSet")
            spec = daemon_set["spec"]
            with self.subTest(directory):
                for item in (account, daemon_set, the_one(items, "ResourceQuota")):
                    self.assertEqual(namespace["name"], item["metadata"]["namespace"])
                self.assertEqual(account["metadata"]["name"], spec["template"]["spec"]["serviceAccountName"])
                self.assertEqual(spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"])
                self.assertEqual("privileged", namespace["labels"]["pod-security.kubernetes.io/enforce"])
                self.assertIs(False, account["automountServiceAccountToken"])

    def test_a_quota_lets_the_priority_class_into_the_namespace(self):
        for directory in OVERLAYS:
            spec = the_one(rendered(directory), "ResourceQuota")["spec"]
            selected = {"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}
            self.assertEqual([selected], spec["scopeSelector"]["matchExpressions"])
            # A cluster has at most 15,000 nodes.
            self.assertEqual(["pods"], list(spec["hard"]))
            self.assertGreater(int(spec["hard"]["pods"]), 15000)

    def test_it_is_confined_and_bounded_but_for_the_cpu(self):
        for _, pod, container in self.each_pod():
            self.assertEqual(POD, {name: pod.get(name) for name in POD})
            context = {key: value for key, value in container["securityContext"].items() if key != "seLinuxOptions"}
            self.assertEqual(SECURITY, context)
            self.assertEqual({"cpu": "10m", "memory": "32Mi"}, container["resources"]["requests"])
            self.assertEqual({"memory"}, container["resources"]["limits"].keys())
            self.assertEqual(f"localhost/container-collector:{VERSION}", container["image"])

    def test_only_metrics_are_outside_of_loopback(self):
        for _, _, container in self.each_pod():
            self.assertLessEqual({"--bind-address=127.0.0.1", "--port=8091"}, set(container["args"]))
            for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
                self.assertEqual({"host": "127.0.0.1", "port": 8091, "path": path}, container[probe]["httpGet"])
            # A readiness check is a collection, which may take the 25 seconds of --timeout.
            self.assertGreater(container["readinessProbe"]["timeoutSeconds"], 25)
            variables = {variable["name"]: variable for variable in container["env"]}
            address = variables["CONTAINER_COLLECTOR_METRICS_BIND_ADDRESS"]
            self.assertEqual("status.hostIP", address["valueFrom"]["fieldRef"]["fieldPath"])
            port = int(variables["CONTAINER_COLLECTOR_METRICS_PORT"]["value"])
            metrics = {"name": "metrics", "containerPort": port, "hostPort": port, "protocol": "TCP"}
            self.assertEqual([metrics], container["ports"])

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
        for directory, pod, container in self.each_pod():
            names = {volume["name"]: volume["hostPath"] for volume in pod["volumes"]}
            self.assertEqual({"path": "/run", "type": "Directory"}, names["run"])
            mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
            self.assertEqual(names.keys(), mounts.keys())
            # Where /run is a private mount, a container with another propagation does not start.
            others = {"mountPropagation": "HostToContainer"} if directory == "mount-propagation" else {}
            self.assertEqual({"name": "run", "mountPath": "/run", "readOnly": True, **others}, mounts["run"])

    def test_the_server_has_the_flags(self):
        flags = subprocess.run([SERVER, "--help"], capture_output=True, text=True, check=True).stdout
        for _, _, container in self.each_pod():
            for argument in container["args"]:
                self.assertRegex(flags, rf"{re.escape(argument.split('=')[0])}\b")
            for variable in container["env"]:
                self.assertIn(f"(Env:{variable['name']})", flags)

    def test_it_asks_the_runtime_of_the_node_at_its_socket(self):
        podman = {"RUNTIME": "docker", "DOCKER_ENDPOINT": "unix:///var/run/podman/podman.sock"}
        openshift = {"RUNTIME": "cri", "CRI_ENDPOINT": "unix:///run/crio/crio.sock"}
        for directory, _, container in self.each_pod():
            expected = {"podman": podman, "openshift": openshift}.get(directory, {"RUNTIME": "auto"})
            for name, value in expected.items():
                self.assertIn({"name": f"CONTAINER_COLLECTOR_{name}", "value": value}, container["env"])


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

    def test_graphs_name_the_operation_and_samples_name_the_graph(self):
        for directory in GENERATIONS:
            items = rendered(directory)
            operation = the_one(items, "Operation")
            nodes = the_one(items, "OperationSet")["spec"]["adjacencyList"]
            self.assertEqual(operation["metadata"]["name"], nodes[1]["operation"])
            # KubeDiag's own operation stays.
            self.assertNotEqual("container-collector", operation["metadata"]["name"])
            # Agents wait for two timeouts of the runtime.
            self.assertEqual(60, operation["spec"]["processor"]["timeoutSeconds"])
        for sample in SAMPLES:
            diagnosis = yaml.safe_load((MANIFESTS / sample).read_text())
            graph = the_one(rendered(sample.split("/")[0]), "OperationSet")
            self.assertEqual(graph["apiVersion"], diagnosis["apiVersion"])
            self.assertEqual(graph["metadata"]["name"], diagnosis["spec"]["operationSet"])

    def test_the_sample_names_its_node_for_every_kubediag(self):
        spec = yaml.safe_load((MANIFESTS / SAMPLES[0]).read_text())["spec"]
        self.assertEqual([spec["nodeName"]], spec["targetSelector"]["nodeNames"])

    def test_selinux_lets_it_use_the_socket(self):
        for directory in ("selinux", "openshift"):
            self.assertEqual({"type": "spc_t"}, pod_of(directory)[1]["securityContext"]["seLinuxOptions"])

    def test_openshift_admits_it_on_every_node(self):
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

    def test_microk8s_has_its_socket_mounted_where_it_is_on_the_host(self):
        pod, container = pod_of("microk8s")
        path = "/var/snap/microk8s/common/run"
        self.assertIn({"name": "microk8s", "hostPath": {"path": path, "type": "Directory"}}, pod["volumes"])
        self.assertIn({"name": "microk8s", "mountPath": path, "readOnly": True}, container["volumeMounts"])


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
                self.assertIn(f"deploy/kubernetes/{directory}".removesuffix("/."), self.page)

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
    SERVER, VERSION = sys.argv[1:]
    main(missing)
