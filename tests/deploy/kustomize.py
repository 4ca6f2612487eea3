# SPDX-License-Identifier: Apache-2.0
"""The objects that `kubectl apply -k` would apply."""

import functools
import pathlib
import subprocess

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = SOURCE / "deploy" / "kubernetes"
# "." is the directory of the one command.
DIRECTORIES = (".", *sorted(path.parent.name for path in MANIFESTS.glob("*/kustomization.yaml")))


@functools.lru_cache(maxsize=None)
def rendered(directory):
    """Returns the objects of a directory."""
    command = ["kubectl", "kustomize", str(MANIFESTS / directory)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{run.stderr}")
    return list(yaml.safe_load_all(run.stdout))


def the_one(items, kind):
    found = [item for item in items if item["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects are of kind {kind}"
    return found[0]
