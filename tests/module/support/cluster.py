"""A cluster's Redis: a real one, with the users that NS8's core makes."""

import contextlib
import json
import subprocess

import redis

from .processes import free_port, listens, running, until

CLUSTER_PASSWORD = "cluster-pw-4711"
LEADER = "127.0.0.1"
# One of this machine's own addresses, which stands for that in the VPN.
VPN = "127.5.4.1"
DESTINATION = "4d0b8f0c-61b5-4bd0-9a0e-2f5c7a6d9e11"


class Cluster:
    """The keys of a cluster, as its core writes them."""

    def __init__(self, port):
        self.port = port
        self.address = f"{LEADER}:{port}"
        self.rdb = self.login("cluster", CLUSTER_PASSWORD)

    def login(self, user, password):
        return redis.Redis(
            host=LEADER, port=self.port, username=user, password=password, decode_responses=True
        )

    def begin(self):
        """One node, two applications, one plan."""
        self.rdb.flushall()
        self.rdb.mset(
            {
                "cluster/uuid": "7b9e21fb-15ff-53c3-a8f8-e9bbb75f0be5",
                "cluster/ui_name": "Studio Rossi",
                "node/1/ui_name": "rl1",
                "module/mail1/ui_name": "Posta",
            }
        )
        self.rdb.hset("cluster/environment", "NODE_ID", "1")
        self.rdb.hset("node/1/vpn", "ip_address", VPN)
        self.application("mail1")
        self.application("nextcloud1")
        self.rdb.hset(
            f"cluster/backup_repository/{DESTINATION}",
            mapping={"name": "Offsite", "provider": "backblaze", "url": "b2:studio-rossi-ns8"},
        )
        self.plan("1", "Nightly", "mail1 nextcloud1")
        self.smarthost(None)

    def application(self, module, node=1):
        name = module.rstrip("0123456789")
        uuid = f"00000000-0000-4000-8000-{sum(module.encode()):012d}"
        self.rdb.hset("cluster/module_node", module, node)
        self.rdb.hset("cluster/module_uuid", module, uuid)
        self.rdb.hset(
            f"module/{module}/environment",
            mapping={
                "IMAGE_URL": f"ghcr.io/nethserver/{name}:1.0.0",
                "MODULE_UUID": uuid,
                "NODE_ID": str(node),
            },
        )

    def plan(self, number, name, instances, schedule="*-*-* 02:00:00"):
        self.rdb.hset(
            f"cluster/backup/{number}",
            mapping={
                "name": name,
                "enabled": "1",
                "repository": DESTINATION,
                "schedule": schedule,
                "instances": instances,
                "uinstances": "",
                "retention": "7",
            },
        )

    def status(self, module, start, end, errors, plan="1", node=1):
        """As the node writes it after a module's backup, with its event."""
        told = {
            "start": start,
            "end": end,
            "errors": errors,
            "total_size": 48318382080,
            "total_file_count": 214833,
            "snapshots_count": 1,
        }
        self.rdb.hset(f"node/{node}/backup_status/{plan}", module, json.dumps(told))
        event = {"node_id": node, "backup_id": int(plan), "module_id": module}
        self.rdb.publish(f"node/{node}/event/backup-status-changed", json.dumps(event))

    def smarthost(self, port, host="127.0.0.1"):
        self.rdb.delete("cluster/smarthost")
        if port:
            self.rdb.hset(
                "cluster/smarthost",
                mapping={
                    "host": host,
                    "port": str(port),
                    "username": "",
                    "password": "",
                    "enabled": "1",
                    "encrypt_smtp": "none",
                    "tls_verify": "0",
                },
            )

    # --------------------------------------------------------------- instances

    def add_module(self, module, digest, node=1):
        """What the core's add-module does with Redis before the module's own
        create-module runs; digest is that of the module's password."""
        self.application(module, node)
        self.rdb.set("cluster/default_instance/backup-monitor", module, nx=True)
        self.rdb.sadd(
            f"cluster/authorizations/module/{module}", "cluster:reader", "self:selfadm"
        )
        rules = [
            "reset", "on", f"#{digest}", "resetkeys", f"~module/{module}/*",
            f"~task/module/{module}/*", "%R~cluster/*", "%R~node/*", "%R~module/*",
            "%R~private/agents/*", "resetchannels", f"&progress/module/{module}/*",
            f"&module/{module}/event/*", "+@read", "+@write", "+@transaction",
            "+@connection", "+publish", "-@admin",
        ]  # fmt: skip
        self.rdb.execute_command("ACL", "SETUSER", f"module/{module}", *rules)

    def remove_module(self, module):
        """What the core's remove-module does after the module's destroy-module."""
        for key in list(self.rdb.scan_iter("*/default_instance/*")):
            if self.rdb.get(key) == module:
                self.rdb.delete(key)
        for key in list(self.rdb.scan_iter(f"module/{module}/*")):
            self.rdb.delete(key)
        self.rdb.delete(f"cluster/authorizations/module/{module}")
        self.rdb.hdel("cluster/module_node", module)
        self.rdb.hdel("cluster/module_uuid", module)
        self.rdb.execute_command("ACL", "DELUSER", f"module/{module}")


@contextlib.contextmanager
def serve(folder):
    """A redis-server with the users of a cluster."""
    port = free_port()
    config = folder / "redis.conf"
    config.write_text(
        f"bind 127.0.0.1 {VPN}\nport {port}\ndir {folder}\n"
        'save ""\nappendonly no\ndaemonize no\n'
        "user default reset on nopass ~cluster/* ~node/* ~module/* &* "
        "nocommands +@read +@connection +subscribe +psubscribe -@admin\n"
        f"user cluster reset on >{CLUSTER_PASSWORD} ~* &* +@all\n",
        encoding="utf-8",
    )
    with open(folder / "redis.log", "wb") as log:
        with running(["redis-server", str(config)], stdout=log, stderr=subprocess.STDOUT):
            until(lambda: listens(port), "redis listens")
            cluster = Cluster(port)
            try:
                yield cluster
            finally:
                cluster.rdb.close()
