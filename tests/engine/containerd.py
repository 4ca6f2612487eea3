# SPDX-License-Identifier: Apache-2.0
"""A containerd of the sandbox whose CRI runs pods, as a kubelet asks it to."""

import json
import pathlib
import subprocess

from daemons import CGROUP, SANDBOX, Daemon, busybox_archive, run, wait_until

PROGRAMS = {"tar": "tar", "containerd": "containerd", "ctr": "containerd", "runc": "runc", "curl": "curl"}
IMAGE = "localhost/busybox:1"
PAUSE_IMAGE = "localhost/pause:1"
RUNTIME = "runtime.v1.RuntimeService"
POD_NETWORK, NODE_NETWORK = 0, 2
CREATED, RUNNING, EXITED = 0, 1, 2
# Where the plugins of a pod network are; empty if they are not installed.
CNI = next((path for path in ("/usr/lib/cni", "/opt/cni/bin") if pathlib.Path(path, "bridge").exists()), "")

# In the version that 1.5 and later read. The kernel or the file system may lack what other snapshotters need, the machine
# may itself be a container, and no registry is asked for the image.
SETTINGS = """version = 2
root = "{directory}/root"
state = "{directory}/state"
[grpc]
  address = "{directory}/sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "native"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{cni}"
  conf_dir = "{directory}/cni"
"""


def network_settings(directory):
    """A bridge without a packet filter, for both address families."""
    ranges = [[{"subnet": "10.77.0.0/24"}], [{"subnet": "fd00:77::/64"}]]
    addresses = {"type": "host-local", "dataDir": f"{directory}/addresses", "ranges": ranges}
    bridge = {"type": "bridge", "bridge": "pods0", "isGateway": True, "ipam": addresses}
    return json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]})


def varint(number):
    return bytes([number]) if number < 128 else bytes([number % 128 + 128]) + varint(number // 128)


def encode(fields):
    """Encodes a protobuf message, given as tags and values: a number, a text, a message, or a list of these."""
    message = b""
    for tag, value in fields.items():
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, int):
                message += varint(tag << 3) + varint(element)
                continue
            data = element.encode() if isinstance(element, str) else encode(element)
            message += varint(tag << 3 | 2) + varint(len(data)) + data
    return message


def decode(message):
    """Decodes a protobuf message that has only numbers, texts and messages, into tags and the lists of their values."""
    data, fields = iter(message), {}

    def number():
        low = next(data)
        return low if low < 128 else low - 128 + number() * 128

    for key in data:
        key = key if key < 128 else key - 128 + number() * 128
        value = number() if key & 7 == 0 else bytes(next(data) for _ in range(number()))
        fields.setdefault(key >> 3, []).append(value)
    return fields


def entries(mapping):
    """A protobuf map as a list of messages."""
    return [{1: key, 2: value} for key, value in mapping.items()]


def call(path, method, request, service=RUNTIME):
    """Calls a method of the CRI on a Unix socket and returns the decoded response."""
    message = encode(request)
    command = ["curl", "--silent", "--show-error", "--max-time", "120", "--http2-prior-knowledge", "--unix-socket", path]
    command += ["--header", "content-type: application/grpc", "--header", "te: trailers", "--dump-header", "/dev/stderr"]
    command += ["--data-binary", "@-", f"http://localhost/{service}/{method}"]
    done = subprocess.run(command, input=b"\0" + len(message).to_bytes(4, "big") + message, capture_output=True, check=False)
    if b"grpc-status: 0" not in done.stderr:
        raise RuntimeError(f"{method} failed: {done.stderr.decode()}")
    return decode(done.stdout[5:])


def responds_to_cri(path):
    try:
        return bool(call(path, "Version", {}))
    except RuntimeError:
        return False


class Pod:
    def __init__(self, name, number, network):
        self.name, self.network, self.containers = name, network, []
        self.uid = f"1b4e28ba-2fa1-11d2-883f-{100_000_000_000 + number}"
        self.log_directory = SANDBOX / "logs" / f"default_{name}_{self.uid}"
        # As the kubelet labels it.
        self.own_labels = {
            "io.kubernetes.pod.name": name,
            "io.kubernetes.pod.namespace": "default",
            "io.kubernetes.pod.uid": self.uid,
        }
        self.labels = {**self.own_labels, "app": name}
        self.annotations = {"kubernetes.io/config.source": "api"}

    def config(self):
        """A PodSandboxConfig."""
        return {
            1: {1: self.name, 2: self.uid, 3: "default"},
            2: self.name if self.network == POD_NETWORK else [],
            3: str(self.log_directory),
            6: entries(self.labels),
            7: entries(self.annotations),
            8: {1: f"/{CGROUP}", 2: {1: {1: self.network}}},
        }


class Container:
    def __init__(self, pod, name, command, attempt=0, mounts=(), annotations=None):
        self.pod, self.name, self.command, self.attempt, self.mounts = pod, name, command, attempt, mounts
        self.labels = {"io.kubernetes.container.name": name, **pod.own_labels}
        self.annotations = annotations or {
            "io.kubernetes.container.restartCount": str(attempt),
            "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
        }
        self.log_path = f"{name}/{attempt}.log"

    def config(self):
        """A ContainerConfig."""
        return {
            1: {1: self.name, 2: self.attempt},
            2: {1: IMAGE},
            3: self.command,
            7: [{1: target, 2: str(source), 3: read_only, 5: spread} for target, source, read_only, spread in self.mounts],
            9: entries(self.labels),
            10: entries(self.annotations),
            11: self.log_path,
            15: {2: {3: {1: self.pod.network}}},
        }


class Containerd(Daemon):
    """A containerd whose images have busybox. The pause image runs it as well, because none is fetched."""

    def __init__(self, name):
        directory = SANDBOX / name
        (directory / "cni").mkdir(parents=True)
        (directory / "config.toml").write_text(SETTINGS.format(directory=directory, pause=PAUSE_IMAGE, cni=CNI))
        if CNI:
            (directory / "cni" / "pods.conflist").write_text(network_settings(directory))
        super().__init__(directory, ["containerd", f"--config={directory}/config.toml"], responds_to_cri)
        self.pods = []
        layer = busybox_archive(directory)
        for image in (PAUSE_IMAGE, IMAGE):
            self.image_id = self.import_image(image, layer)

    def import_image(self, name, layer):
        """Imports an archive as `docker save` makes it, with one layer, and returns the id of the image."""
        rootfs = {"type": "layers", "diff_ids": [f"sha256:{run('sha256sum', layer)[:64]}"]}
        config = {"os": "linux", "architecture": run("dpkg", "--print-architecture").strip(), "rootfs": rootfs}
        config["config"] = {"Env": ["PATH=/bin"], "Cmd": ["sleep", "1000000"]}
        manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": [layer.name]}]
        (self.directory / "config.json").write_text(json.dumps(config))
        (self.directory / "manifest.json").write_text(json.dumps(manifest))
        archive = self.directory / "image.tar"
        run("tar", "--create", f"--file={archive}", "--directory", self.directory, "manifest.json", "config.json", layer.name)
        ctr = ["ctr", f"--address={self.socket}", "--namespace=k8s.io", "images", "import", "--snapshotter=native"]
        run(*ctr, archive)
        image = []

        def is_known():
            # The CRI learns of the image from an event.
            image[:] = call(self.socket, "ImageStatus", {1: {1: name}}, "runtime.v1.ImageService").get(1, [])
            return image

        if not wait_until(is_known):
            raise RuntimeError(f"containerd does not know the image {name}")
        return decode(image[0])[1][0].decode()

    def call(self, method, request):
        return call(self.socket, method, request)

    def run_pod(self, name, network=NODE_NETWORK):
        pod = Pod(name, len(self.pods), network)
        pod.log_directory.mkdir(parents=True)
        pod.id = self.call("RunPodSandbox", {1: pod.config()})[1][0].decode()
        self.pods.append(pod)
        return pod

    def create_container(self, pod, *arguments, **options):
        """Creates a container, given what its constructor takes."""
        container = Container(pod, *arguments, **options)
        (pod.log_directory / container.name).mkdir(exist_ok=True)
        request = {1: pod.id, 2: container.config(), 3: pod.config()}
        container.id = self.call("CreateContainer", request)[1][0].decode()
        pod.containers.append(container)
        return container

    def start_container(self, pod, *arguments, **options):
        container = self.create_container(pod, *arguments, **options)
        self.call("StartContainer", {1: container.id})
        return container

    def status(self, container):
        """Returns the ContainerStatus of a container."""
        return decode(self.call("ContainerStatus", {1: container.id})[1][0])

    def wait(self, container):
        if not wait_until(lambda: self.status(container).get(3) == [EXITED]):
            raise RuntimeError(f"the container {container.name} does not end")
