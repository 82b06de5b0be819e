"""The two images, built as build-images.sh builds them where no base image can be
had."""

import json
import os
import subprocess
from dataclasses import dataclass

from .node import ROOT

REPOBASE = "localhost/nbm"


@dataclass
class Images:
    """Their names, and the storage of whoever built them."""

    module: str
    server: str
    environment: dict
    script = ROOT / "build-images.sh"

    def inspect(self, image):
        shown = subprocess.run(
            ["buildah", "inspect", "--type", "image", image],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
        )
        return json.loads(shown.stdout)

    def files(self, image, folder):
        """Unpacks an image and returns the folder."""
        archive = folder / "image.tar"
        self._podman("save", "--quiet", "--format", "docker-archive", "--output", archive, image)
        unpacked = folder / "unpacked"
        unpacked.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for layer in manifest[0]["Layers"]:
            subprocess.run(["tar", "-xf", folder / layer, "-C", unpacked], check=True)
        return unpacked

    def give_to(self, host):
        """Puts the image of the service where a node finds it."""
        archive = host.folder / "server.tar"
        self._podman("save", "--quiet", "--output", archive, self.server)
        archive.chmod(0o644)
        host.podman("load", "--quiet", "--input", str(archive))
        archive.unlink()

    def _podman(self, *words):
        subprocess.run(
            ["podman", *map(str, words)], env=self.environment, check=True, stdout=subprocess.DEVNULL
        )


def build(folder):
    """Builds both. The program is the same as everywhere, not optimised: the
    figures of docs/PERFORMANCE.md are of another build."""
    storage = folder / "storage.conf"
    storage.write_text(
        f'[storage]\ndriver = "overlay"\nrunroot = "{folder}/run"\n'
        f'graphroot = "{folder}/storage"\nrootless_storage_path = "{folder}/storage"\n',
        encoding="utf-8",
    )
    environment = os.environ | {
        "CONTAINERS_STORAGE_CONF": str(storage),
        "REPOBASE": REPOBASE,
        "IMAGETAG": "a/branch",
        "BUILD": "host",
        "PROFILE": os.environ.get("NBM_IMAGE_PROFILE", "dev"),
        "UI": "built" if (ROOT / "ui/dist/index.html").exists() else "none",
        "GITHUB_OUTPUT": str(folder / "output"),
    }
    subprocess.run([ROOT / "build-images.sh"], env=environment, check=True, cwd=folder)
    return Images(f"{REPOBASE}/backup-monitor", f"{REPOBASE}/backup-monitor-server:a-branch", environment)
