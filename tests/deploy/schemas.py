# SPDX-License-Identifier: Apache-2.0
"""Checks objects against the types of the Kubernetes API and of custom resources, strictly.

The types of the Kubernetes API are those of the Debian package python3-kubernetes, which is generated from the OpenAPI
document of Kubernetes (1.22 in Debian 12, 1.30 in Debian 13). Field names and rules of the custom resources are facts of
KubeDiag's CRDs, Go types and admission webhooks: config/crd/bases, api/v1 of github.com/kubediag/kubediag at v0.2.0 and
v0.2.1, of its head (2022) for `targetSelector`, and of Kube Diagnoser of March to May 2021 for the group
diagnosis.netease.com. PodMonitor is that of the Prometheus Operator's API monitoring.coreos.com/v1. Stricter than the CRDs
in one thing: every field of a processor must be given, because no default fits and the original agent has none.
"""

import datetime
import re

import kubernetes.client

# A schema is a Python type; a function that accepts good values; [schema] for a list; a dictionary of the names of fields,
# of which those with "?" are optional; or the text with which python3-kubernetes names a type.
STRINGS = "dict(str, str)"
LABEL_SELECTOR = {"matchLabels?": STRINGS}


def port(value):
    return isinstance(value, int) and 0 < value < 65536


def scheme(value):
    return value in ("http", "https")


def route(value):
    return isinstance(value, str) and value.startswith("/processor/container")


def timeout(value):
    """Above the longest wait for the daemon: two --timeout of 25 seconds."""
    return isinstance(value, int) and value > 50


def single_label(value):
    """A name without dots, which KubeDiag's head splits names at."""
    return isinstance(value, str) and "." not in value and value == value.lower()


EXTERNAL = {"externalIP": str, "externalPort": port, "path": route, "scheme": scheme, "timeoutSeconds": timeout}
HTTP_SERVER = {"httpServer": {"address": str, "port": port, "path": route, "scheme": scheme}, "timeoutSeconds": timeout}
OPERATION_SET = {"adjacencyList": [{"id": int, "to?": [int], "operation?": str, "dependences?": [int]}]}
DIAGNOSIS = {"operationSet": str, "nodeName": str}
TASKS = {"targetSelector": {"nodeNames?": [str], "nodeSelector?": LABEL_SELECTOR}}
ENDPOINT = {"port": str, "path?": str, "relabelings?": [{"sourceLabels": [str], "targetLabel": str}]}
POD_MONITOR = {"selector": LABEL_SELECTOR, "podMetricsEndpoints": [ENDPOINT]}

KUBEDIAG = "diagnosis.kubediag.org/v1"
KUBE_DIAGNOSER = "diagnosis.netease.com/v1"
# By directory, because v0.2.0 and v0.2.1 have the same group and version.
CUSTOM = {
    ("kubediag", KUBEDIAG, "Operation"): {"processor": HTTP_SERVER},
    ("kubediag", KUBEDIAG, "OperationSet"): OPERATION_SET,
    ("kubediag", KUBEDIAG, "Diagnosis"): {**DIAGNOSIS, **TASKS},
    ("kubediag-v0.2.0", KUBEDIAG, "Operation"): {"processor": EXTERNAL},
    ("kubediag-v0.2.0", KUBEDIAG, "OperationSet"): OPERATION_SET,
    ("kube-diagnoser", KUBE_DIAGNOSER, "Operation"): {"processor": EXTERNAL},
    ("kube-diagnoser", KUBE_DIAGNOSER, "OperationSet"): OPERATION_SET,
    ("kube-diagnoser", KUBE_DIAGNOSER, "Diagnosis"): DIAGNOSIS,
    ("prometheus-operator", "monitoring.coreos.com/v1", "PodMonitor"): POD_MONITOR,
}
KUBERNETES = {
    ("v1", "Namespace"),
    ("v1", "ServiceAccount"),
    ("v1", "ResourceQuota"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("apps/v1", "DaemonSet"),
}
SCALARS = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "datetime": (str, datetime.datetime),
    # The API's int-or-string.
    "object": (int, str),
}


def errors(directory, item):
    """Returns the faults of an object of a directory, each with the path of its place."""
    version, kind = item.get("apiVersion"), item.get("kind")
    if (version, kind) in KUBERNETES:
        return list(_check(item, f"V1{kind}", kind))
    spec = CUSTOM.get((directory, version, kind))
    if spec is None:
        return [f"{version} {kind} does not belong in {directory}"]
    name = single_label if kind == "Diagnosis" else str
    metadata = {"name": name, "namespace?": str, "labels?": STRINGS}
    faults = list(_check(item, {"apiVersion": str, "kind": str, "metadata": metadata, "spec": spec}, kind))
    return faults or (list(_check_graph(item["spec"]["adjacencyList"])) if kind == "OperationSet" else [])


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
    model = None
    if isinstance(schema, str):
        schema, model = _kubernetes(schema)
    if isinstance(schema, dict) and isinstance(value, dict):
        yield from _check_fields(value, schema, model, path)
    elif isinstance(schema, list) and isinstance(value, list):
        for index, element in enumerate(value):
            yield from _check(element, schema[0], f"{path}[{index}]")
    elif isinstance(schema, (type, tuple)):
        if not isinstance(value, schema) or (isinstance(value, bool) and schema is not bool):
            yield f"{path}: unexpected value {value!r}"
    elif not callable(schema) or not schema(value):
        yield f"{path}: unexpected value {value!r}"


def _kubernetes(name):
    """Returns the schema of a type of the Kubernetes API, and its model if it has one."""
    if name in SCALARS:
        return SCALARS[name], None
    if listed := re.fullmatch(r"list\[(.*)\]", name):
        return [listed[1]], None
    if mapped := re.fullmatch(r"dict\(str, (.*)\)", name):
        return {"*": mapped[1]}, None
    model = getattr(kubernetes.client, name)
    return {f"{field}?": model.openapi_types[attribute] for attribute, field in model.attribute_map.items()}, model


def _check_fields(value, schema, model, path):
    known = {name.rstrip("?"): element for name, element in schema.items()}
    if "*" not in schema:
        for name in sorted({name for name in schema if not name.endswith("?")} - value.keys()):
            yield f"{path}.{name}: missing"
    for name, element in value.items():
        if name in known or "*" in schema:
            yield from _check(element, known.get(name, schema.get("*")), f"{path}.{name}")
        else:
            yield f"{path}.{name}: unknown field"
    if model:
        try:
            # The constructor knows which fields are required, and which values some of them take.
            model(**{attribute: value[field] for attribute, field in model.attribute_map.items() if field in value})
        except ValueError as error:
            yield f"{path}: {error}"
