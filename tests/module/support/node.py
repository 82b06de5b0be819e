"""A node of the cluster, as far as an instance of the module sees one: a home,
the files that the core puts there, and its agent."""

import contextlib
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import uuid
from pathlib import Path

from . import agent
from .cluster import VPN
from .processes import free_port, until

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
RUNAGENT = "/usr/local/bin/runagent"
JOURNAL = "/run/systemd/journal/socket"
# What configure-module needs at least.
FIRST = {"mail": {"from": "monitor@example.org", "to": ["admin@example.org"]}}
# Rootless podman without systemd: runc, and no manager for cgroups.
CONTAINERS_CONF = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class User:
    """Who owns instances: never root, as on a node of NS8. Where the tests run as
    root a user is made for them, and taken away again."""

    def __init__(self, folder):
        self.folder = folder
        self.made = None
        if os.geteuid() == 0:
            self.name = self.made = f"nbm-{uuid.uuid4().hex[:8]}"
            subprocess.run(
                ["useradd", "--no-create-home", "--home-dir", str(folder), self.name], check=True
            )
        else:
            self.name = pwd.getpwuid(os.geteuid()).pw_name
        found = pwd.getpwnam(self.name)
        self.uid, self.gid = found.pw_uid, found.pw_gid
        self.own(folder)

    def own(self, *paths):
        for path in paths:
            os.chown(path, self.uid, self.gid)

    def own_all(self, folder):
        for path in [folder, *folder.rglob("*")]:
            os.lchown(path, self.uid, self.gid)

    def options(self):
        """For a process of this user."""
        if not self.made:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def close(self):
        # Not while a process of the user is about to end.
        if self.made:
            until(self._gone, f"user {self.made} can be removed")

    def _gone(self):
        return subprocess.run(["userdel", self.name], check=False, capture_output=True).returncode == 0


class Host:
    """What the instances of one machine share: the user, podman's storage, the
    paths that a real node has."""

    def __init__(self, folder, cluster):
        self.folder = folder
        self.cluster = cluster
        folder.chmod(0o755)
        self.user = User(folder)
        self.packages = folder / "packages"
        self._packages()
        self.journal = Journal(folder / "journal.socket")
        self.conf = folder / "containers.conf"
        self.conf.write_text(CONTAINERS_CONF, encoding="utf-8")
        # Every instance has a storage of its own, as its user has on a node; the
        # image is there for all of them.
        self.images = folder / "images"
        self.storage(folder, self.images)
        self.shims = folder / "shims"
        shutil.copytree(HERE / "shims", self.shims)
        self.agent_env = folder / "node-agent.env"
        self.agent_env.write_text(
            f"REDIS_ADDRESS={cluster.address}\nREDIS_REPLICA_ADDRESS={cluster.address}\n",
            encoding="utf-8",
        )

    def _packages(self):
        """The core's Python: its `agent`, and what that stands on."""
        shutil.copytree(
            HERE / "standin/packages", self.packages, ignore=shutil.ignore_patterns("__pycache__")
        )
        for place in map(Path, sys.path):
            for name in ("redis", "async_timeout"):
                if (place / name).is_dir() and not (self.packages / name).exists():
                    shutil.copytree(place / name, self.packages / name)

    def storage(self, home, root):
        root.mkdir()
        conf = home / "storage.conf"
        shared = "" if root == self.images else f'additionalimagestores = ["{self.images}"]\n'
        conf.write_text(
            f'[storage]\ndriver = "overlay"\nrootless_storage_path = "{root}"\n'
            f"[storage.options]\n{shared}",
            encoding="utf-8",
        )
        self.user.own(root, conf)

    def environment(self, home, runtime):
        """Of every process of an instance."""
        return {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "PATH": f"{self.shims}:/usr/bin:/bin:/usr/sbin:/sbin",
            "PYTHONPATH": str(self.packages),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LANG": "C.UTF-8",
            "CONTAINERS_CONF": str(self.conf),
            "CONTAINERS_STORAGE_CONF": str(home / "storage.conf"),
            "SHIM_NODE_ENV": str(self.agent_env),
            "SHIM_PATHS": json.dumps(
                # With the colon: where it is mounted stays as it is.
                {
                    "=/etc/nethserver/agent.env:": f"={self.agent_env}:",
                    RUNAGENT: str(self.shims / "runagent"),
                    f"{JOURNAL}:": f"{self.journal.path}:",
                }
            ),
        }

    def podman(self, *words, check=True):
        """Runs podman as the user of the instances."""
        return subprocess.run(
            ["podman", *words],
            env=self.environment(self.folder, self.folder),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=check,
            timeout=240,
            **self.user.options(),
        )

    def close(self):
        self.journal.close()
        # Files of containers belong to the user's subordinate ids.
        self.podman("unshare", "rm", "-rf", str(self.images), check=False)
        end_pause(self.folder)
        self.user.close()


class Journal:
    """Stands for journald: takes whatever is sent to its socket."""

    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._entries = []
        self._turn = threading.Lock()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self):
        while (entry := self._socket.recv(1 << 20)) != b"END":
            with self._turn:
                self._entries.append(entry.decode(errors="replace"))

    def stuck(self):
        """While it is held nothing is read."""
        return self._turn

    def entries(self):
        """The messages so far."""
        return list(self._entries)

    def forget(self):
        self._entries.clear()

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END", str(self.path))
        self._reading.join()
        self._socket.close()


class Instance:
    """One instance of the module on a node."""

    def __init__(self, host, module, images, number=1, vpn=VPN):
        self.host, self.module, self.images, self.node_id = host, module, images, number
        self.cluster = host.cluster
        self.home = host.folder / module
        self.config = self.home / ".config"
        self.state = self.config / "state"
        self.runtime = host.folder / f"r{module.removeprefix('backup-monitor')}"
        self.core_actions = self.home / "core-actions"
        self.port = free_port()
        self.password = str(uuid.uuid4())
        self.vpn = vpn
        self.environment_of_agent = {}

    # -------------------------------------------------------------- as the core

    def add(self):
        """What the core's add-module does, up to the module's create-module."""
        digest = hashlib.sha256(self.password.encode()).hexdigest()
        shutil.copytree(
            ROOT / "imageroot", self.config, ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copytree(HERE / "standin/core-actions", self.core_actions)
        for folder in (self.state, self.runtime):
            folder.mkdir()
        self.runtime.chmod(0o700)
        (self.state / "environment").write_text(
            "".join(
                f"{name}={value}\n"
                for name, value in {
                    "IMAGE_ID": "sha256:0",
                    "IMAGE_URL": self.images.module,
                    "MODULE_ID": self.module,
                    "MODULE_UUID": str(uuid.uuid4()),
                    "NODE_ID": str(self.node_id),
                    "TCP_PORT": str(self.port),
                }.items()
            ),
            encoding="utf-8",
        )
        path = f"{self.config}/bin:{self.host.shims}:/usr/bin:/bin:/usr/sbin:/sbin"
        (self.state / "agent.env").write_text(
            f"PATH={path}\nREDIS_USER=module/{self.module}\nREDIS_PASSWORD={self.password}\n"
            f"PYTHONPATH={self.config}/pypkg:{self.host.packages}\n",
            encoding="utf-8",
        )
        (self.state / "agent.env").chmod(0o600)
        self.host.user.own_all(self.home)
        self.host.storage(self.home, self.home / "storage")
        self.host.user.own(self.home, self.runtime)
        self.cluster.add_module(self.module, digest, self.node_id)
        return self

    def publish_environment(self):
        """What the agent does after each action."""
        lines = (self.state / "environment").read_text(encoding="utf-8").splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        self.cluster.rdb.delete(f"module/{self.module}/environment")
        self.cluster.rdb.hset(f"module/{self.module}/environment", mapping=found)

    def popen(self, words, extra=None, **options):
        """A process in the environment of the agent."""
        found = self.host.environment(self.home, self.runtime)
        for path in (self.host.agent_env, self.state / "agent.env", self.state / "environment"):
            lines = path.read_text(encoding="utf-8").splitlines()
            found |= dict(line.split("=", 1) for line in lines if "=" in line)
        found |= {
            "AGENT_ID": f"module/{self.module}",
            "AGENT_INSTALL_DIR": str(self.config),
            "AGENT_STATE_DIR": str(self.state),
        }
        found |= self.environment_of_agent | (extra or {})
        return subprocess.Popen(
            words, cwd=self.state, env=found, **self.host.user.options(), **options
        )

    def shell(self, *words, check=True):
        """Runs a command as the agent, and returns what it printed."""
        with self.popen(
            list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            out, err = process.communicate(timeout=240)
        assert not check or process.returncode == 0, f"{words}: {err.decode()}"
        return out.decode() if check else (process.returncode, out.decode(), err.decode())

    def run(self, action, data=None):
        """Runs an action."""
        return agent.run(self, action, data)

    def good(self, action, data=None):
        """Runs an action that must work, and returns its output."""
        task = self.run(action, data)
        assert task.status == "completed", f"{action}: {task.text} {task.error} {self.log()}"
        return json.loads(task.text) if task.text else None

    # ------------------------------------------------------------- as a spectator

    def systemctl(self, *words):
        return self.shell("systemctl", "--user", *words)

    def state_of_service(self):
        return self.shell("systemctl", "--user", "is-active", "backup-monitor", check=False)[1].strip()

    def log(self, unit="backup-monitor"):
        """What the unit's commands said."""
        path = self.runtime / f"systemctl-shim/{unit}.service/log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def logged(self):
        """What it told the journal, as far as it is words."""
        words = [entry.partition("\nMESSAGE")[2] for entry in self.host.journal.entries()]
        return [word[9:].split("\nNBM_")[0].strip() for word in words]

    def container(self):
        """What `podman inspect` shows of the service."""
        shown = self.podman("container", "inspect", "backup-monitor").stdout
        return json.loads(shown)[0]

    def podman(self, *words, check=True):
        """Runs podman as the agent."""
        with self.popen(
            ["podman", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            out, err = process.communicate(timeout=240)
        assert not check or process.returncode == 0, f"{words}: {err.decode()}"
        return subprocess.CompletedProcess(words, process.returncode, out.decode(), err.decode())

    def get(self, path, host="127.0.0.1"):
        """The answer over HTTP: status and text."""
        import urllib.error
        import urllib.request

        try:
            with urllib.request.urlopen(f"http://{host}:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait_until_ready(self):
        def ready():
            with contextlib.suppress(OSError):
                return self.get("/readyz")[0] == 200

        until(ready, f"the service is ready: {self.log()}", 60)

    def stop(self):
        """Ends what is left of it, however the test ended."""
        if self.runtime.exists():
            self.shell("systemctl", "--user", "disable", "--now", "backup-monitor", check=False)
            self.podman("unshare", "rm", "-rf", str(self.home / "storage"), check=False)
            end_pause(self.runtime)


def end_pause(runtime):
    """Ends the process that keeps podman's namespace of a user."""
    wanted = f"XDG_RUNTIME_DIR={runtime}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # Where catatonit is not installed podman is it itself.
            if (folder / "comm").read_text() in ("catatonit\n", "podman pause\n"):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
