# SPDX-License-Identifier: Apache-2.0
"""Lists of containers as moby's types show them, and their comparison.

Written from the Go structs of moby v19.03.15 alone; nothing is shared with the library.
"""

import json
import unittest

from daemons import wait_until

# A type is a scalar; [slice]; {str: map}; (pointer,); or a struct, whose names end with "?" for omitempty.
PORT = {"IP?": str, "PrivatePort": int, "PublicPort?": int, "Type": str}
MOUNT_POINT = {
    "Type?": str,
    "Name?": str,
    "Source": str,
    "Destination": str,
    "Driver?": str,
    "Mode": str,
    "RW": bool,
    "Propagation": str,
}
IPAM_CONFIG = {"IPv4Address?": str, "IPv6Address?": str, "LinkLocalIPs?": [str]}
ENDPOINT_SETTINGS = {
    "IPAMConfig": (IPAM_CONFIG,),
    "Links": [str],
    "Aliases": [str],
    "NetworkID": str,
    "EndpointID": str,
    "Gateway": str,
    "IPAddress": str,
    "IPPrefixLen": int,
    "IPv6Gateway": str,
    "GlobalIPv6Address": str,
    "GlobalIPv6PrefixLen": int,
    "MacAddress": str,
    "DriverOpts": {str: str},
}
CONTAINER = {
    "Id": str,
    "Names": [str],
    "Image": str,
    "ImageID": str,
    "Command": str,
    "Created": int,
    "Ports": [PORT],
    "SizeRw?": int,
    "SizeRootFs?": int,
    "Labels": {str: str},
    "State": str,
    "Status": str,
    "HostConfig": {"NetworkMode?": str},
    "NetworkSettings": ({"Networks": {str: (ENDPOINT_SETTINGS,)}},),
    "Mounts": [MOUNT_POINT],
}

# Keys and values that are hard to pass on.
ODD_TEXTS = {
    "empty": "",
    "quotes": "\"double\" 'single' `back`",
    "backslash": r"C:\new\table\u0041",
    "html": "<script>a && b</script>",
    "lines": "one\ntwo\r\n\tthree",
    "control": "\x01\x1b[31m\x7f",
    "unicode": "日本語 Ünï ئۇيغۇر \u2028",
    "emoji": "😀👩‍👩‍👧",
    "日本": "key",
    "json": '{"a":[1,null]}',
    "long": "x" * 10_000,
}


def as_go(kind, value, place="container"):
    """Returns a JSON value as Go writes it that read it into this type."""
    if isinstance(kind, type):
        value = kind() if value is None else value
        assert type(value) is kind, f"{place} is {value!r}"
        return value
    if isinstance(kind, dict) and str not in kind:
        fields = {name: as_go(kind[name], (value or {}).get(name.rstrip("?")), f"{place}.{name}") for name in kind}
        return {name.rstrip("?"): field for name, field in fields.items() if field or not name.endswith("?")}
    if value is None:
        return None
    if isinstance(kind, tuple):
        return as_go(kind[0], value, place)
    if isinstance(kind, list):
        assert isinstance(value, list), f"{place} is {value!r}"
        return [as_go(kind[0], element, f"{place}[]") for element in value]
    return {key: as_go(kind[str], value[key], f"{place}.{key}") for key in sorted(value, key=str.encode)}


def text(containers):
    """Returns containers as a text that shows their differences, the order of keys included.

    dockerd lists ports and mounts in the order of a Go map, another one each time, so they are sorted.
    """
    for container in containers:
        for name in ("Ports", "Mounts"):
            if isinstance(container[name], list):
                container[name].sort(key=json.dumps)
    return json.dumps(containers, indent=1, ensure_ascii=False)


def filters(key, value):
    """Returns a parameter with one filter."""
    return "filters=%7B%22" + key + "%22%3A%5B%22" + value + "%22%5D%7D"


# Queries of the route, and the daemon's queries for the same containers.
QUERIES = {
    "": "?all=1",
    "?all=0": "?all=0",
    "?limit=2": "?all=1&limit=2",
    "?size=1": "?all=1&size=1",
    "?limit=2&size=1": "?all=1&limit=2&size=1",
    "?" + filters("label", "x%3Dy"): "?all=1&" + filters("label", "x%3Dy"),
    "?" + filters("status", "exited"): "?all=1&" + filters("status", "exited"),
    "?" + filters("name", "absent"): "?all=1&" + filters("name", "absent"),
}


class TestCase(unittest.TestCase):
    maxDiff = None

    def check_fragments(self, body, fragments):
        for fragment in fragments:
            with self.subTest(fragment):
                self.assertIn(fragment, body)

    def check_agreement(self, server, engine, queries=QUERIES):
        """Checks that the route responds as the daemon does.

        A status such as "Up 3 seconds" changes by itself, so the route is asked between two requests to the daemon
        until these have the same response.
        """
        for query, daemon_query in queries.items():
            seen = [None]

            def stands_still():
                ours = text(server.post(query).containers())
                theirs = text([as_go(CONTAINER, container) for container in engine.list(daemon_query).containers()])
                seen[:] = [theirs, ours, seen[0]]
                return seen[0] == seen[2]

            with self.subTest(query):
                self.assertTrue(wait_until(stands_still, 120), "the node never stood still")
                self.assertEqual(seen[0], seen[1])

    def check_plain_text_500(self, response, body):
        self.assertEqual(500, response.status)
        self.assertEqual("text/plain; charset=utf-8", response.headers["content-type"])
        self.assertEqual(body, response.body)

    def check_survives_kill(self, server, engine):
        """Checks that a killed daemon is reported, and that the route responds as the daemon does when it is back."""
        engine.end(9)
        text_500 = f"Cannot connect to the Docker daemon at {engine.endpoint}. Is the docker daemon running?"
        self.check_plain_text_500(server.post(), text_500)
        engine.start()
        self.check_agreement(server, engine, {"": "?all=1"})
