# SPDX-License-Identifier: Apache-2.0
"""Runs a program with the endpoint of a private containerd, whose containers are created and not started.

Exits with 77 if this machine cannot run it.
Usage: with_pods.py CONTAINERS PODS PROGRAM [ARGUMENT...]
"""

import subprocess
import sys

from containerd import PROGRAMS, Containerd
from daemons import FOREVER, enter_sandbox

# As the kubelet sets them.
ANNOTATIONS = {
    "io.kubernetes.container.hash": "5a1f0e7c",
    "io.kubernetes.container.restartCount": "0",
    "io.kubernetes.container.terminationMessagePath": "/dev/termination-log",
    "io.kubernetes.container.terminationMessagePolicy": "File",
    "io.kubernetes.pod.terminationGracePeriod": "30",
}
MOUNTS = [(f"/etc/app/config-{number}", "/etc", True, 0) for number in range(4)]

enter_sandbox(PROGRAMS)
containers, pods, program, *arguments = sys.argv[1:]
containerd = Containerd("containerd")
for number in range(int(pods)):
    containerd.run_pod(f"web-{number}")
for number in range(int(containers)):
    pod = containerd.pods[number % len(containerd.pods)]
    containerd.create_container(pod, f"app-{number}", FOREVER, mounts=MOUNTS, annotations=ANNOTATIONS)
sys.exit(subprocess.run([program, containerd.endpoint, containers, pods, *arguments], check=False).returncode)
