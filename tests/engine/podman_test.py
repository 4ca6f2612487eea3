# SPDX-License-Identifier: Apache-2.0
"""The server with a real Podman.

Usage: podman_test.py SERVER
"""

from daemons import CGROUP, FOREVER, SANDBOX, Engine, Server, main
from moby import TestCase

IMAGE = "localhost/busybox:1"
CONTAINERS = (
    ("create", ["--name=created", "--network=none", "--label=x=y"], ["ls", "-l"]),
    # Running, it would need a packet filter.
    ("create", ["--name=ports", "--network=podman", "--publish=8080:80", "--publish=127.0.0.1:8081:81/udp"], FOREVER),
    ("run", ["--name=labels", "--network=none", "--label=empty=", '--label=odd=<&> "quoted" \\ 日本 😀\nnext line'], FOREVER),
    ("run", ["--name=host-network", "--network=host"], FOREVER),
    ("run", ["--name=mounts", "--network=none", "--volume=data:/data", f"--volume={SANDBOX}:/host:ro", "--tmpfs=/scratch"], FOREVER),
    ("run", ["--name=failed", "--network=none"], ["sh", "-c", "exit 3"]),
    ("run", ["--name=paused", "--network=none"], FOREVER),
)


class Podman(TestCase):
    @classmethod
    def setUpClass(cls):
        directory = SANDBOX / "podman"
        # Podman does not create the directory of its networks.
        (directory / "networks").mkdir(parents=True)
        client = ["podman", f"--root={directory}/data", f"--runroot={directory}/run", f"--tmpdir={directory}/tmp"]
        client += [f"--network-config-dir={directory}/networks", "--storage-driver=vfs", "--cgroup-manager=cgroupfs"]
        client += ["--events-backend=none"]
        service = [*client, "system", "service", "--time=0", f"unix://{directory}/sock"]
        cls.podman = Engine(directory, service, client, IMAGE)
        for command, options, program in CONTAINERS:
            detach = ["--detach"] if command == "run" else []
            cls.podman(command, *detach, *options, f"--cgroup-parent=/{CGROUP}", IMAGE, *program)
        cls.podman("wait", "failed")
        cls.podman("pause", "paused")

    def setUp(self):
        self.server = self.enterContext(Server(f"--docker-endpoint={self.podman.endpoint}"))

    def test_the_list_has_what_it_can_show(self):
        fragments = [f'"State":"{state}"' for state in ("running", "exited", "paused", "created")]
        fragments += ['"Networks":{"podman":{', '"PublicPort":8080', '"Type":"bind"', '"Type":"volume"', "日本 😀\\nnext line"]
        self.check_fragments(self.podman.list("?all=1").body, fragments)

    def test_the_route_responds_as_podman_does(self):
        self.check_agreement(self.server, self.podman)

    def test_the_server_outlives_a_podman_that_is_killed(self):
        self.assertEqual(200, self.server.post().status)
        self.check_survives_kill(self.server, self.podman)


if __name__ == "__main__":
    main({"tar": "tar", "podman": "podman"})
