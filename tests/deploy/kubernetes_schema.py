# SPDX-License-Identifier: Apache-2.0
"""Checks objects against the types of the Kubernetes API, strictly.

The types are those of the Debian package python3-kubernetes, which is generated from the OpenAPI document of Kubernetes
(1.22 in Debian 12, 1.30 in Debian 13). An unknown field, a wrong type and a missing required field are errors.
"""

import datetime
import re

import kubernetes.client

KINDS = {
    ("v1", "Namespace"): "V1Namespace",
    ("v1", "ServiceAccount"): "V1ServiceAccount",
    ("v1", "ResourceQuota"): "V1ResourceQuota",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "V1RoleBinding",
    ("apps/v1", "DaemonSet"): "V1DaemonSet",
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


def errors(item):
    """Returns the faults of an object, each with the path of its place."""
    kind = (item.get("apiVersion"), item.get("kind"))
    if kind not in KINDS:
        return [f"{kind[0]} {kind[1]} is no kind of the Kubernetes API that this project uses"]
    return list(_check(item, KINDS[kind], kind[1]))


def _check(value, type_name, path):
    list_of = re.fullmatch(r"list\[(.*)\]", type_name)
    dict_of = re.fullmatch(r"dict\(str, (.*)\)", type_name)
    if list_of:
        yield from _check_list(value, list_of[1], path)
    elif dict_of:
        yield from _check_dict(value, dict_of[1], path)
    elif type_name in SCALARS:
        right = isinstance(value, SCALARS[type_name])
        if not right or (isinstance(value, bool) and type_name != "bool"):
            yield f"{path}: expected {type_name}, got {value!r}"
    else:
        yield from _check_model(value, getattr(kubernetes.client, type_name), path)


def _check_list(value, type_name, path):
    if not isinstance(value, list):
        yield f"{path}: expected a list, got {value!r}"
        return
    for index, element in enumerate(value):
        yield from _check(element, type_name, f"{path}[{index}]")


def _check_dict(value, type_name, path):
    if not isinstance(value, dict):
        yield f"{path}: expected a map, got {value!r}"
        return
    for key, element in value.items():
        yield from _check(element, type_name, f"{path}.{key}")


def _check_model(value, model, path):
    if not isinstance(value, dict):
        yield f"{path}: expected {model.__name__}, got {value!r}"
        return
    attributes = {field: attribute for attribute, field in model.attribute_map.items()}
    for field, element in value.items():
        if field not in attributes:
            yield f"{path}.{field}: unknown field of {model.__name__}"
        else:
            yield from _check(element, model.openapi_types[attributes[field]], f"{path}.{field}")
    try:
        # The constructor knows which fields are required, and which values some of them take.
        model(**{attributes[field]: element for field, element in value.items() if field in attributes})
    except ValueError as error:
        yield f"{path}: {error}"
