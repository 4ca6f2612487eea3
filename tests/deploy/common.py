# SPDX-License-Identifier: Apache-2.0
"""What the deploy tests share."""

import functools
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = SOURCE / "deploy" / "kubernetes"
# "." is the directory of the one command.
DIRECTORIES = (".", *sorted(path.parent.name for path in MANIFESTS.glob("*/kustomization.yaml")))


@functools.lru_cache(maxsize=None)
def rendered(directory):
    """Returns the objects that `kubectl apply -k` would apply."""
    import yaml

    command = ["kubectl", "kustomize", str(MANIFESTS / directory)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{run.stderr}")
    return list(yaml.safe_load_all(run.stdout))


def the_one(items, kind):
    found = [item for item in items if item["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects are of kind {kind}"
    return found[0]


def curl(*arguments):
    """Sends a request and returns the body of the response. No proxy of the environment is asked."""
    command = ["curl", "--silent", "--insecure", "--noproxy", "*", "--max-time", "60", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def first_missing(programs):
    """Returns which of the programs is missing, given their Debian packages, or None."""
    return next((f"there is no {name} (Debian package {programs[name]})" for name in programs if not shutil.which(name)), None)


def main(missing):
    """Runs the tests of the program, unless something is missing."""
    if missing:
        print(f"Skipped: {missing}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    unittest.main(argv=[sys.argv[0]])
