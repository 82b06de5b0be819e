"""The images, as build-images.sh makes them."""

import os
import subprocess

import pytest

REPOBASE = "localhost/nbm"


@pytest.fixture(scope="module")
def server(images, tmp_path_factory):
    return images.files(images.server, tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def module(images, tmp_path_factory):
    return images.files(images.module, tmp_path_factory.mktemp("module"))


def files(folder):
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()
    }


def test_the_service_image_holds_a_program_and_authorities_and_no_shell(server):
    assert files(server) == {
        "etc/ssl/certs/ca-certificates.crt",
        "usr/local/bin/ns8-backup-monitor",
    }


def test_the_program_is_static(server):
    program = server / "usr/local/bin/ns8-backup-monitor"
    shown = subprocess.run(
        ["readelf", "--program-headers", program], capture_output=True, text=True, check=True
    )
    assert "INTERP" not in shown.stdout
    assert program.stat().st_mode & 0o777 == 0o755


def test_its_sqlite_is_compiled_as_the_project_asks(server):
    """Also where the folder with cargo's settings has to be copied first."""
    program = (server / "usr/local/bin/ns8-backup-monitor").read_bytes()
    assert b"OMIT_LOAD_EXTENSION" in program
    assert b"ENABLE_FTS5" not in program


def test_the_service_image_says_how_it_runs(images):
    shown = images.inspect(images.server)["OCIv1"]["config"]
    assert shown["Entrypoint"] == ["ns8-backup-monitor"]
    assert shown["Cmd"] == ["serve"]
    assert "PATH=/usr/local/bin" in shown["Env"]
    # 0 in a rootless container is the module's user outside.
    assert shown.get("User", "") == ""
    labels = shown["Labels"]
    assert labels["org.opencontainers.image.title"] == "backup-monitor-server"
    assert labels["org.opencontainers.image.licenses"] == "MIT"
    assert labels["org.opencontainers.image.version"]
    assert labels["org.opencontainers.image.source"].startswith("https://")


def test_the_module_image_has_the_labels_that_the_core_reads(images):
    labels = images.inspect(images.module)["OCIv1"]["config"]["Labels"]
    ours = {name: value for name, value in labels.items() if name.startswith("org.nethserver.")}
    assert ours == {
        "org.nethserver.rootfull": "0",
        "org.nethserver.tcp-ports-demand": "1",
        "org.nethserver.authorizations": "cluster:reader",
        "org.nethserver.min-core": "3.20.0",
        "org.nethserver.images": f"{REPOBASE}/backup-monitor-server:a-branch",
    }


def test_the_image_that_the_label_names_is_there(images):
    labels = images.inspect(images.module)["OCIv1"]["config"]["Labels"]
    named = labels["org.nethserver.images"]
    assert images.inspect(named)["FromImageID"] == images.inspect(images.server)["FromImageID"]


def test_the_module_image_holds_imageroot_as_it_is(module):
    root = module / "imageroot"
    assert (root / "systemd/user/backup-monitor.service").is_file()
    assert not [name for name in files(module) if "__pycache__" in name or name.endswith(".pyc")]
    steps = [path for path in (root / "actions").glob("*/[0-9]*")]
    assert len(steps) >= 12
    for path in [*steps, *(root / "bin").iterdir(), *(root / "update-module.d").iterdir()]:
        assert os.access(path, os.X_OK), path
    assert (module / "ui").is_dir()


def test_ci_learns_the_names_of_the_images(images):
    told = open(images.environment["GITHUB_OUTPUT"], encoding="utf-8").read()
    assert told == f"images={REPOBASE}/backup-monitor {REPOBASE}/backup-monitor-server\n"


def test_a_wrong_way_to_build_is_told(images):
    for name in ("BUILD", "UI"):
        done = subprocess.run(
            [images.script],
            env=images.environment | {name: "somehow"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert f"{name} is 'somehow'; allowed: " in done.stderr
