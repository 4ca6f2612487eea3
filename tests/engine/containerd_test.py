# SPDX-License-Identifier: Apache-2.0
"""The server with a real containerd.

Usage: containerd_test.py SERVER
"""

import signal

from containerd import CNI, CREATED, IMAGE, NODE_NETWORK, POD_NETWORK, PROGRAMS, RUNNING, Containerd, decode
from daemons import FOREVER, SANDBOX, Server, main, run, wait_until
from moby import CONTAINER, ODD_TEXTS, TestCase, as_go, filters, text

PROPAGATIONS = ("rprivate", "rslave", "rshared")
PORTS_ANNOTATION = (
    '[{"name":"http","hostPort":8080,"containerPort":80,"protocol":"TCP"},{"containerPort":53,"protocol":"UDP"}]'
)
# As Docker shows them.
PORTS = [
    {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    {"PrivatePort": 53, "Type": "udp"},
]
ANNOTATIONS = {**ODD_TEXTS, "io.kubernetes.container.ports": PORTS_ANNOTATION}


def run_everything(node):
    """Runs pods that differ in all that a list shows: states, attempts, mounts, labels, annotations and networks."""
    pod = node.run_pod("states")
    node.start_container(pod, "running", FOREVER)
    node.create_container(pod, "created", FOREVER)
    node.wait(node.start_container(pod, "succeeded", ["true"]))
    node.wait(node.start_container(pod, "restarted", ["sh", "-c", "exit 3"]))
    node.start_container(pod, "restarted", FOREVER, attempt=1)
    killed = node.start_container(pod, "killed", FOREVER)
    node.call("StopContainer", {1: killed.id, 2: 0})
    node.wait(killed)

    # The kernel lets mounts spread only from a shared mount.
    directory, shared = SANDBOX / "host directory", SANDBOX / "shared"
    directory.mkdir()
    shared.mkdir()
    run("mount", "--bind", shared, shared)
    run("mount", "--make-shared", shared)
    mounts = [("/data", directory, False, 0), ("/data-read-only", directory, True, 0)]
    mounts += [("/from-host", shared, False, 1), ("/both", shared, True, 2)]
    node.start_container(node.run_pod("mounts"), "mounts", FOREVER, mounts=mounts)
    node.start_container(node.run_pod("texts"), "texts", FOREVER, annotations=ANNOTATIONS)
    if CNI:
        node.start_container(node.run_pod("network", POD_NETWORK), "network", FOREVER)
    pod = node.run_pod("stopped")
    node.start_container(pod, "stopped", FOREVER)
    node.call("StopPodSandbox", {1: pod.id})


def name_of(container, pod, attempt):
    return f"/k8s_{container}_{pod.name}_default_{pod.uid}_{attempt}"


def labels_of(owner, more):
    annotations = {f"annotation.{key}": value for key, value in owner.annotations.items()}
    return {**owner.labels, **annotations, **more}


def expected_pod(node, pod):
    status = decode(node.call("PodSandboxStatus", {1: pod.id})[1][0])
    ready = status.get(3, [0]) == [0]
    mode = "host" if pod.network == NODE_NETWORK else "none"
    # As in PodSandboxNetworkStatus.
    network = decode(status[5][0]) if 5 in status else {}
    more = [decode(address)[1][0].decode() for address in network.get(2, [])]
    addresses = {"IPAddress": network.get(1, [b""])[0].decode(), "GlobalIPv6Address": more[0] if more else ""}
    return {
        "Id": pod.id,
        "Names": [name_of("POD", pod, 0)],
        # The pause image has another name of the same image, whose command it runs.
        "Image": IMAGE,
        "Command": "sleep 1000000",
        "Created": status[4][0] // 10**9,
        "Labels": labels_of(pod, {"io.kubernetes.docker.type": "podsandbox", "io.kubernetes.container.name": "POD"}),
        "State": "running" if ready else "exited",
        "Status": "Up " if ready else "Exited",
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Networks": {mode: addresses}},
        "Ports": [],
        "Mounts": [],
    }


def expected_container(node, container):
    status, pod = node.status(container), container.pod
    state = status.get(3, [CREATED])[0]
    more = {
        "io.kubernetes.docker.type": "container",
        "io.kubernetes.sandbox.id": pod.id,
        "io.kubernetes.container.logpath": f"{pod.log_directory}/{container.log_path}",
    }
    return {
        "Id": container.id,
        "Names": [name_of(container.name, pod, container.attempt)],
        "Image": IMAGE,
        "ImageID": node.image_id,
        # As dockerd lists commands.
        "Command": " ".join(f"'{word}'" if " " in word else word for word in container.command),
        "Created": status[4][0] // 10**9,
        "Labels": labels_of(container, more),
        "State": ("created", "running", "exited")[state],
        "Status": {CREATED: "Created", RUNNING: "Up "}.get(state, f"Exited ({status.get(7, [0])[0]}) "),
        "HostConfig": {"NetworkMode": f"container:{pod.id}"},
        "NetworkSettings": {"Networks": {}},
        "Ports": PORTS if container.name == "texts" else [],
        "Mounts": [
            {
                "Type": "bind",
                "Source": str(source),
                "Destination": target,
                "Mode": "ro" if read_only else "",
                "RW": not read_only,
                "Propagation": PROPAGATIONS[spread],
            }
            for target, source, read_only, spread in container.mounts
        ],
    }


class RealContainerd(TestCase):
    def server(self, node, *arguments):
        return self.enterContext(Server("--runtime=cri", f"--cri-endpoint={node.endpoint}", *arguments))


class Containers(RealContainerd):
    @classmethod
    def setUpClass(cls):
        cls.node = Containerd("containerd")
        run_everything(cls.node)

    def check_is_as_asked(self, server):
        """Checks that the containers are those of dockershim, as far as containerd was asked to run them."""
        expected = []
        for pod in self.node.pods:
            expected += [expected_pod(self.node, pod), *(expected_container(self.node, each) for each in pod.containers)]
        actual = {container["Id"]: container for container in server.post().containers()}
        self.assertEqual({container["Id"] for container in expected}, actual.keys())
        for container in expected:
            with self.subTest(container["Names"][0]):
                found = actual[container["Id"]]
                # The rest depends on the time.
                found["Status"] = found["Status"][: len(container["Status"])]
                self.assertEqual(text([as_go(CONTAINER, container)]), text([found]))

    def test_pods_are_listed_as_containerd_was_asked_to_run_them(self):
        self.check_is_as_asked(self.server(self.node))

    def test_the_list_has_every_state_attempt_and_mount(self):
        fragments = [f'"State":"{state}"' for state in ("running", "created", "exited")]
        fragments += [f'"Status":"{status}' for status in ('Created"', "Up ", "Exited (0) ", "Exited (3) ", "Exited (137) ")]
        fragments += ["/k8s_restarted_states_default_", '"Propagation":"rslave"', '"Propagation":"rshared"']
        fragments += ['"NetworkMode":"host"', '"PublicPort":8080', "日本"]
        if CNI:
            fragments += ['"IPAddress":"10.77.0.', '"GlobalIPv6Address":"fd00:77::', '"NetworkMode":"none"']
        self.check_fragments(self.server(self.node).post().body, fragments)

    def test_list_options_pick_containers_as_dockers(self):
        server = self.server(self.node)
        everything = server.post().containers()
        running = [container for container in everything if container["State"] == "running"]
        self.assertLess(len(running), len(everything))
        counts = {
            "all=0": len(running),
            "limit=2": 2,
            filters("status", "created"): 1,
            filters("label", "io.kubernetes.container.name%3Drestarted"): 2,
            filters("exited", "3"): 1,
            filters("name", "absent"): 0,
        }
        self.assertEqual(counts, {query: len(server.post(f"?{query}").containers()) for query in counts})

    def test_size_shows_the_writable_layers(self):
        server = self.server(self.node)
        # containerd measures every few seconds.
        self.assertTrue(wait_until(lambda: '"SizeRw":' in server.post("?size=1").body))

    def test_the_server_outlives_a_containerd_that_hangs(self):
        server = self.server(self.node, "--timeout=2s")
        self.assertEqual(200, server.post().status)
        with self.node.suspended():
            response = server.post()
        self.check_plain_text_500(
            response,
            f"The container runtime at {self.node.endpoint} did not finish its answer to"
            " runtime.v1.RuntimeService/ListContainers within 2s (0 bytes came). It may hang: look at its log, or allow"
            " more time.",
        )
        self.assertTrue(wait_until(lambda: server.post().status == 200))
        self.check_is_as_asked(server)

    def test_a_containerd_that_was_killed_has_its_pods_when_it_is_back(self):
        server = self.server(self.node)
        self.node.end(signal.SIGKILL)
        self.assertEqual(500, server.post().status)
        self.node.start()
        self.check_is_as_asked(server)


class EndedContainerd(RealContainerd):
    def test_the_server_outlives_a_containerd_that_is_stopped_or_killed(self):
        node = Containerd("ended")
        server = self.server(node)
        self.assertEqual("[]", server.post().body)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                node.end(number)
                text_500 = f"Cannot connect to the container runtime at {node.endpoint}. Is containerd running?"
                self.check_plain_text_500(server.post(), text_500)
                node.start()
                self.assertEqual("[]", server.post().body)


if __name__ == "__main__":
    main(PROGRAMS)
