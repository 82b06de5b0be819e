"""Fixtures: a cluster's Redis, the images, a node, an instance."""

import shutil
import subprocess

import pytest
from support import cluster as clusters
from support import images as built
from support import mail as mails
from support import node


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Both images."""
    folder = tmp_path_factory.mktemp("images")
    yield built.build(folder)
    # Layers hold files of other users.
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """One Redis for all tests."""
    with clusters.serve(tmp_path_factory.mktemp("redis")) as cluster:
        yield cluster


@pytest.fixture
def cluster(redis_server):
    """A small cluster, as new."""
    redis_server.begin()
    return redis_server


@pytest.fixture(scope="session")
def host(tmp_path_factory, redis_server, images):
    """A machine with the image on it."""
    folder = tmp_path_factory.mktemp("host")
    # The user of the instances has to come through.
    for parent in (folder, *folder.parents[:3]):
        if parent.name.startswith("pytest"):
            parent.chmod(0o755)
    found = node.Host(folder, redis_server)
    try:
        images.give_to(found)
        yield found
    finally:
        found.close()


@pytest.fixture(scope="session")
def smtp(tmp_path_factory):
    """A mail server that keeps what it gets."""
    with mails.serve(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture
def add_instance(host, cluster, images):
    """Adds instances, which end with the test."""
    added = []

    def add(module="backup-monitor1", **options):
        instance = node.Instance(host, module, images, **options).add()
        added.append(instance)
        instance.good("create-module", {"images": [images.server]})
        return instance

    yield add
    for instance in added:
        instance.stop()
        shutil.rmtree(instance.home, ignore_errors=True)
        shutil.rmtree(instance.runtime, ignore_errors=True)


@pytest.fixture
def instance(add_instance):
    """A fresh one, not configured."""
    return add_instance()


def pytest_sessionfinish():
    """Nothing of ours may be left."""
    left = subprocess.run(
        ["pgrep", "--full", "systemctl --supervise backup-monitor"], stdout=subprocess.PIPE, check=False
    )
    assert not left.stdout, f"left behind: {left.stdout.decode()}"
