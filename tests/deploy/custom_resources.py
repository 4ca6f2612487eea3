# SPDX-License-Identifier: Apache-2.0
"""The rules for the custom resources in deploy/kubernetes, by KubeDiag generation.

Field names and rules are facts of KubeDiag's CRDs, Go types and admission webhooks: config/crd/bases, api/v1 of
github.com/kubediag/kubediag at v0.2.0 and v0.2.1, of its head (2022) for `targetSelector`, and of Kube Diagnoser of
March to May 2021 for the group diagnosis.netease.com. PodMonitor is that of the Prometheus Operator's API
monitoring.coreos.com/v1. Stricter than the CRDs in one thing: every field of a processor must be given, because no
default fits and the original agent has none.
"""


class Map:
    """A map with string values and any keys."""


def Port(value):
    return isinstance(value, int) and 0 < value < 65536


def Scheme(value):
    return value in ("http", "https")


def Path(value):
    return isinstance(value, str) and value.startswith("/processor/container")


def Timeout(value):
    """Above the longest wait for the daemon: two --timeout of 25 seconds."""
    return isinstance(value, int) and value > 50


def SingleLabel(value):
    """A name without dots, which KubeDiag's head splits names at."""
    return isinstance(value, str) and "." not in value and value == value.lower()


METADATA = {"name": str, "namespace?": str, "labels?": Map}
LABEL_SELECTOR = {"matchLabels?": Map}

EXTERNAL = {"externalIP": str, "externalPort": Port, "path": Path, "scheme": Scheme, "timeoutSeconds": Timeout}
HTTP_SERVER = {
    "httpServer": {"address": str, "port": Port, "path": Path, "scheme": Scheme},
    "timeoutSeconds": Timeout,
}
OPERATION_SET = {"adjacencyList": [{"id": int, "to?": [int], "operation?": str, "dependences?": [int]}]}
DIAGNOSIS = {"operationSet": str, "nodeName": str}
DIAGNOSIS_AND_TASKS = {
    **DIAGNOSIS,
    "targetSelector": {"nodeNames?": [str], "nodeSelector?": LABEL_SELECTOR},
}
POD_MONITOR = {
    "selector": LABEL_SELECTOR,
    "podMetricsEndpoints": [
        {"port": str, "path?": str, "relabelings?": [{"sourceLabels": [str], "targetLabel": str}]}
    ],
}

KUBEDIAG = "diagnosis.kubediag.org/v1"
KUBE_DIAGNOSER = "diagnosis.netease.com/v1"

# By directory, because v0.2.0 and v0.2.1 have the same group and version.
SPECS = {
    "kubediag": {
        (KUBEDIAG, "Operation"): {"processor": HTTP_SERVER},
        (KUBEDIAG, "OperationSet"): OPERATION_SET,
        (KUBEDIAG, "Diagnosis"): DIAGNOSIS_AND_TASKS,
    },
    "kubediag-v0.2.0": {
        (KUBEDIAG, "Operation"): {"processor": EXTERNAL},
        (KUBEDIAG, "OperationSet"): OPERATION_SET,
    },
    "kube-diagnoser": {
        (KUBE_DIAGNOSER, "Operation"): {"processor": EXTERNAL},
        (KUBE_DIAGNOSER, "OperationSet"): OPERATION_SET,
        (KUBE_DIAGNOSER, "Diagnosis"): DIAGNOSIS,
    },
    "prometheus-operator": {("monitoring.coreos.com/v1", "PodMonitor"): POD_MONITOR},
}


def is_custom(item):
    return "." in str(item.get("apiVersion")) and ".k8s.io/" not in item["apiVersion"]


def errors(directory, item):
    """Returns the faults of a custom resource of a directory, each with the path of its place."""
    kind = (item.get("apiVersion"), item.get("kind"))
    spec = SPECS.get(directory, {}).get(kind)
    if spec is None:
        return [f"{kind[0]} {kind[1]} does not belong in {directory}"]
    metadata = {**METADATA, "name": SingleLabel} if kind[1] == "Diagnosis" else METADATA
    schema = {"apiVersion": str, "kind": str, "metadata": metadata, "spec": spec}
    faults = list(_check(item, schema, kind[1]))
    if not faults and kind[1] == "OperationSet":
        faults = list(_check_graph(item["spec"]["adjacencyList"]))
    return faults


def _check_graph(nodes):
    """The rules of the webhook, and that the numbers name nodes."""
    if len(nodes) < 2 or nodes[0].get("operation") or nodes[0].get("dependences"):
        yield "adjacencyList: needs a first node without an operation, and another one"
    for index, node in enumerate(nodes):
        if node["id"] != index:
            yield f"adjacencyList[{index}].id: is {node['id']}"
        for target in node.get("to", []):
            if not index < target < len(nodes):
                yield f"adjacencyList[{index}].to: there is no node {target} behind this one"


def _check(value, schema, path):
    if schema is Map:
        good = isinstance(value, dict) and all(isinstance(element, str) for element in value.values())
    elif isinstance(schema, dict):
        good = isinstance(value, dict)
        if good:
            yield from _check_fields(value, schema, path)
    elif isinstance(schema, list):
        good = isinstance(value, list)
        if good:
            for index, element in enumerate(value):
                yield from _check(element, schema[0], f"{path}[{index}]")
    elif isinstance(schema, type):
        good = isinstance(value, schema) and not isinstance(value, bool)
    else:
        good = schema(value)
    if not good:
        yield f"{path}: unexpected value {value!r}"


def _check_fields(value, schema, path):
    required = {name for name in schema if not name.endswith("?")}
    known = {name.rstrip("?"): element for name, element in schema.items()}
    for name in sorted(required - value.keys()):
        yield f"{path}.{name}: missing"
    for name, element in value.items():
        if name not in known:
            yield f"{path}.{name}: unknown field"
        else:
            yield from _check(element, known[name], f"{path}.{name}")
