"""Fixtures: a cluster's Redis, the images, a node, an instance."""

import shutil
import tempfile
from pathlib import Path

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
def host(redis_server, images):
    """A machine with the image on it."""
    # Sockets of podman have a path of at most 107 characters; homes of modules
    # have a short one as well.
    folder = Path(tempfile.mkdtemp(prefix="n"))
    # The user of the instances has to come through.
    mode = folder.parent.stat().st_mode
    if not mode & 0o001:
        folder.parent.chmod(mode | 0o011)
    found = node.Host(folder, redis_server)
    try:
        images.give_to(found)
        yield found
    finally:
        found.close()
        shutil.rmtree(folder, ignore_errors=True)


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
        assert images.server in (instance.state / "environment").read_text(encoding="utf-8")
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


@pytest.fixture
def configured(instance):
    """One that runs."""
    instance.good("configure-module", node.FIRST)
    instance.wait_until_ready()
    return instance


@pytest.fixture
def asks_nobody(configured):
    """One that asks no repository: here nobody would answer."""
    configured.good("configure-module", {"repo_check": {"method": "off"}})
    return configured
