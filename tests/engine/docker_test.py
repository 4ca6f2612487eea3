# SPDX-License-Identifier: Apache-2.0
"""The server with a real dockerd.

Usage: docker_test.py SERVER
"""

import json
import shlex

import containerd
from daemons import CGROUP, FOREVER, SANDBOX, Engine, Server, main, send, wait_until
from moby import ODD_TEXTS, TestCase, filters

IMAGE = "busybox:1"
UID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
POD = f"k8s_POD_web-5d4f8_default_{UID}_0"
POD_LABELS = (
    f"--label=io.kubernetes.pod.name=web-5d4f8 --label=io.kubernetes.pod.namespace=default --label=io.kubernetes.pod.uid={UID}"
)
# Containers that run forever, by what differs in the list of them.
RUNNING = f"""
--name={POD} {POD_LABELS} --label=io.kubernetes.docker.type=podsandbox --label=io.kubernetes.container.name=POD
--name=k8s_nginx_web-5d4f8_default_{UID}_0 --network=container:{POD} {POD_LABELS} \
  --label=io.kubernetes.docker.type=container --label=io.kubernetes.container.name=nginx \
  '--label=annotation.io.kubernetes.container.ports=[{{"containerPort":80}}]' \
  --label=annotation.io.kubernetes.container.restartCount=0
--name=ports --publish=8080:80 --publish=5353:53/udp --publish=9000-9003:9000-9003 --publish=127.0.0.1:8081:81 \
  --publish=127.0.0.1:8081:81/udp --publish=[::1]:8082:82 --publish=65535 --expose=99 --expose=3000-3002/udp --expose=132/sctp
--name=linked --link=ports:web
--name=fixed-address --network=front --ip=10.9.0.77 --ip6=fd00:9::77 --link-local-ip=169.254.9.9 \
  --mac-address=02:42:0a:09:00:4d --network-alias=web --network-alias=www
--name=three-networks --network=front
--name=host-network --network=host
--name=no-network --network=none
--name=mounts --volume=data:/data --volume=data:/data-read-only:ro --volume=/anonymous \
  '--volume={SANDBOX}/host directory:/host' '--volume={SANDBOX}/host directory:/host-read-only:ro,z' \
  --mount=type=tmpfs,destination=/scratch,tmpfs-size=65536 --tmpfs=/tmp
--name=read-only --read-only '--volume={SANDBOX}/host directory:/host:private'
--name=killed --label=x=z
--name=paused
--name=health-starting --health-cmd=true --health-interval=1h
--name=before-rename
"""
LABELS = {**ODD_TEXTS, "equals": "a=b=c", '<&>"\\': "key", "x": "y"}
NETWORKS = (
    "--subnet=10.9.0.0/24 --gateway=10.9.0.1 --ipv6 --subnet=fd00:9::/64 front",
    "--internal --subnet=10.10.0.0/16 back",
    "--subnet=10.11.0.0/16 other",
)
# What happens to the containers afterwards, in this order.
COMMANDS = f"""
network connect --ip=10.10.0.7 --alias=database --driver-opt=com.example.a=1 '--driver-opt=com.example.b=<&>' \
  back three-networks
network connect --link=fixed-address:front other three-networks
create --name=created-on-network --network=front --ip=10.9.0.99 {IMAGE} ls
create --name=created --label=x=y {IMAGE} ls -l
run --detach --name=succeeded {IMAGE} true
run --detach --name=failed {IMAGE} sh -c 'echo text > /file; exit 3'
wait succeeded failed
kill killed
pause paused
rename before-rename after-rename
"""


def lines(commands):
    return [shlex.split(line) for line in commands.replace("\\\n", " ").strip().splitlines()]


def dockerd(name):
    """Starts a dockerd with its own containerd. Those of one sandbox share the default bridge, so one of them can use it."""
    directory = SANDBOX / name
    host = f"--host=unix://{directory}/sock"
    command = ["dockerd", host, f"--data-root={directory}/data", f"--exec-root={directory}/exec"]
    command += [f"--pidfile={directory}/pid", f"--cgroup-parent=/{CGROUP}", "--exec-opt=native.cgroupdriver=cgroupfs"]
    # The kernel or the file system may lack what others need.
    command += ["--storage-driver=vfs", "--iptables=false", "--ip6tables=false", "--ip-masq=false"]
    return Engine(directory, command, ["docker", host], IMAGE)


def run_everything(docker):
    """Runs containers that differ in all that a list shows: states, ports, networks, mounts and labels."""
    docker("run", "--detach", "--name=restarting", "--restart=always", IMAGE, "sh", "-c", "exit 1")
    (SANDBOX / "host directory").mkdir()
    docker("volume", "create", "data")
    for network in NETWORKS:
        docker("network", "create", *network.split())
    labels = [f"--label={key}={value}" for key, value in LABELS.items()]
    for options in [*lines(RUNNING), ["--name=labels", "--label=no-value", *labels]]:
        docker("run", "--detach", *options, IMAGE, *FOREVER)
    command = '# <&> "quoted" \\ 日本 😀\nsleep 1000000'
    docker("run", "--detach", "--name=odd-command", IMAGE, "sh", "-c", command, "it's", "")
    for command in lines(COMMANDS):
        docker(*command)
    # The pauses between restarts double. Once they last for seconds, no state returns within the time of a few requests.
    if not wait_until(lambda: int(docker("inspect", "--format={{.RestartCount}}", "restarting")) >= 5):
        raise RuntimeError("the container does not restart")


class Docker(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.docker = dockerd("docker")
        run_everything(cls.docker)

    def server(self):
        return self.enterContext(Server(f"--docker-endpoint={self.docker.endpoint}"))

    def test_the_list_has_all_that_it_can_show(self):
        def body():
            return self.docker.list("?all=1&size=1").body

        # It runs now and then.
        self.assertTrue(wait_until(lambda: '"State":"restarting"' in body()))
        fragments = """
            "State":"running" "State":"exited" "State":"paused" "State":"created"
            "SizeRw": "Type":"udp" "Type":"sctp" "IP":"127.0.0.1" "IP":"::1" "PublicPort":9003 {"PrivatePort":99,
            "/linked/web" "IPv4Address":"10.9.0.77" "IPv6Address":"fd00:9::77" "GlobalIPv6Address":"fd00:9::
            "IPAMConfig":null "DriverOpts":null
            "NetworkMode":"host" "NetworkMode":"none" "NetworkMode":"container: "NetworkMode":"front"
            "Type":"bind" "Type":"volume" "Driver":"local" "RW":false "Propagation":"private" "Mode":"ro,z"
            "Labels":{} "empty":"" one\\ntwo\\r\\n\\tthree 日本語 😀 \\u2028 xxxxxxxxxx"""
        spaced = ['"Status":"Exited (3) ', '"Status":"Exited (137) ', "(health: starting)", "<script>a && b", '"Command":"sh -c']
        self.check_fragments(body(), fragments.split() + spaced)

    def test_the_route_responds_as_dockerd_does(self):
        server = self.server()
        self.check_agreement(server, self.docker)
        self.assertEqual("[]", server.post("?" + filters("name", "absent")).body)

    def test_options_pick_fewer_containers(self):
        server = self.server()
        whole = len(server.post().body)
        for query in ("all=0", "limit=2", filters("label", "x%3Dy"), filters("status", "exited")):
            with self.subTest(query):
                self.assertLess(len(server.post("?" + query).body), whole)

    def test_a_filter_that_dockerd_rejects_is_the_callers_error_with_dockerds_text(self):
        query = filters("nope", "x")
        response = self.server().post("?" + query)
        self.assertEqual(400, response.status)
        self.assertEqual("text/plain; charset=utf-8", response.headers["content-type"])
        message = json.loads(self.docker.list("?all=1&" + query).body)["message"]
        # By version with a capital letter.
        self.assertIn("nvalid filter 'nope'", message)
        self.assertEqual(f"Error response from daemon: {message}", response.body)

    def test_the_route_takes_post_only_and_labels_its_responses(self):
        server = self.server()
        collected = server.post()
        self.assertEqual((200, "application/json"), (collected.status, collected.headers["content-type"]))
        rejected = send(server.address, "GET", "/processor/containercollector")
        self.assertEqual((405, "POST"), (rejected.status, rejected.headers["allow"]))
        self.assertEqual("text/plain; charset=utf-8", rejected.headers["content-type"])
        self.assertEqual("method GET is not supported", rejected.body)

    def test_dockerd_at_the_endpoint_of_the_cri_is_told_apart(self):
        server = self.enterContext(Server("--runtime=cri", f"--cri-endpoint={self.docker.endpoint}"))
        self.check_plain_text_500(
            server.post(),
            f"The answer of the container runtime at {self.docker.endpoint} to runtime.v1.RuntimeService/ListContainers"
            " is not gRPC but HTTP/1.1. Another service listens there, such as a Docker daemon: ask it as the runtime"
            ' "docker", or write the endpoint of the container runtime, e.g. unix:///run/containerd/containerd.sock.',
        )

    def test_a_pod_has_the_same_keys_and_types_through_docker_and_the_cri(self):
        node = containerd.Containerd("containerd")
        pod = node.run_pod("states")
        node.start_container(pod, "running", FOREVER)
        cri = self.enterContext(Server("--runtime=cri", f"--cri-endpoint={node.endpoint}"))
        docker = self.server()
        self.assertEqual(
            shape(docker, "io.kubernetes.docker.type%3Dpodsandbox"), shape(cri, "io.kubernetes.docker.type%3Dpodsandbox")
        )
        # The containers without mounts and ports, which Docker's pod lacks.
        expected = shape(docker, "io.kubernetes.container.name%3Dnginx")
        self.assertGreater(len(expected), 10)
        self.assertEqual(expected, shape(cri, "io.kubernetes.container.name%3Drunning"))


class SickDocker(TestCase):
    def test_the_server_outlives_a_dockerd_that_is_killed(self):
        docker = dockerd("killed")
        # The next dockerd first ends what still runs, which is quick if that heeds SIGTERM.
        common = ["--network=none", IMAGE, "sh", "-c", "trap exit TERM; sleep 1000000 & wait"]
        docker("run", "--detach", "--name=running", *common)
        docker("create", "--name=created", *common)
        server = self.enterContext(Server(f"--docker-endpoint={docker.endpoint}"))
        self.check_agreement(server, docker, {"": "?all=1"})
        for time in (1, 2):
            with self.subTest(time):
                self.check_survives_kill(server, docker)

    def test_the_server_outlives_a_dockerd_that_hangs(self):
        docker = dockerd("hung")
        server = self.enterContext(Server(f"--docker-endpoint={docker.endpoint}", "--timeout=3s"))
        self.assertEqual("[]", server.post().body)
        for time in (1, 2):
            with self.subTest(time):
                with docker.suspended():
                    response = server.post()
                self.check_plain_text_500(
                    response,
                    f"The Docker daemon at {docker.endpoint} did not finish its answer to GET /v1.40/containers/json"
                    " within 3s (0 bytes came). It may hang: look at its log, or allow more time.",
                )
                self.assertTrue(wait_until(lambda: server.post().body == "[]"))


def places(value, place=""):
    """Yields each place in the JSON with its type. The keys of a map are one place."""
    yield place, type(value).__name__
    if isinstance(value, dict):
        is_map = place in (".Labels", ".NetworkSettings.Networks")
        for key, element in value.items():
            yield from places(element, f"{place}.{'*' if is_map else key}")
    elif isinstance(value, list):
        for element in value:
            yield from places(element, f"{place}[]")


def shape(server, label):
    """Returns the places of the running containers with a label."""
    query = filters("label", label + "%22%5D%2C%22status%22%3A%5B%22running")
    containers = server.post("?" + query).containers()
    assert containers, label
    return {place for container in containers for place in places(container)}


if __name__ == "__main__":
    main({"dockerd": "docker.io", "docker": "docker.io, since Debian 13 docker-cli", **containerd.PROGRAMS})
