"""What is around the service: the cluster, its smarthost, what the module is
granted. Whatever is missing is a warning."""

import os
import re
import sys
import urllib.error
import urllib.request

import agent
import redis

ROLE = "cluster:reader"
IMAGE_NAME = "backup-monitor"
# An Alertmanager that does not answer must not hold up a page.
ALERTMANAGER_SECONDS = 3
REDIS_SECONDS = 5


def connect(**options):
    """Redis: this node's own, which can be read also while there is no leader."""
    options.setdefault("use_replica", True)
    return agent.redis_connect(
        socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS, **options
    )


class Cluster:
    """What is needed of the cluster's keys; nothing where it cannot be read."""

    def __init__(self):
        self.reachable = True
        self.vpn_address = None
        self.smarthost = {"state": "unknown", "host": None, "port": None}
        self.plans = []
        self.nodes = []
        self.granted = True
        self.voice = None
        try:
            self._read(connect())
        except redis.exceptions.RedisError as problem:
            self.reachable = False
            print(f"{agent.SD_WARNING}Redis cannot be read: {problem}", file=sys.stderr)

    def _read(self, rdb):
        me = os.environ["MODULE_ID"]
        self.vpn_address = rdb.hget(f"node/{os.environ['NODE_ID']}/vpn", "ip_address")
        self.smarthost = _smarthost(rdb.hgetall("cluster/smarthost"))
        self.granted = ROLE in rdb.smembers(f"cluster/authorizations/module/{me}")
        self.voice = rdb.get(f"cluster/default_instance/{IMAGE_NAME}") or _first(
            rdb.hkeys("cluster/module_node")
        )
        self.plans = sorted(_plans(rdb), key=lambda plan: (plan["name"].lower(), plan["id"]))
        self.nodes = sorted(_nodes(rdb), key=lambda node: node["id"])

    def warnings(self, settings):
        """What is missing for these settings."""
        if not self.reachable:
            return [{"code": "redis_unreachable"}]
        found = []
        if settings["mail"]["transport"] == "smarthost" and self.smarthost["state"] != "enabled":
            found.append({"code": "no_smarthost"})
        if settings["repo_check"]["method"] in ("auto", "api") and not self.granted:
            found.append({"code": "role_missing"})
        if self.voice not in (None, os.environ["MODULE_ID"]):
            found.append({"code": "other_voice", "instance": self.voice})
        if not self.plans:
            found.append({"code": "no_plans"})
        known = {plan["id"] for plan in self.plans}
        found += [
            {"code": "plan_unknown", "field": f"plans.{plan}", "plan": plan}
            for plan in sorted(settings["plans"])
            if plan not in known
        ]
        url = settings["alertmanager"]["url"]
        if url and not _answers(url):
            found.append({"code": "alertmanager_silent", "field": "alertmanager.url", "url": url})
        return found


def _smarthost(found):
    if not found.get("host"):
        return {"state": "missing", "host": None, "port": None}
    port = found.get("port", "")
    return {
        "state": "enabled" if found.get("enabled") == "1" else "disabled",
        "host": found["host"],
        "port": int(port) if port.isdigit() else None,
    }


def _first(modules):
    """The instance with the lowest number: it speaks where none is chosen."""
    numbers = [
        int(found[1])
        for module in modules
        if (found := re.fullmatch(rf"{IMAGE_NAME}([0-9]+)", module))
    ]
    return f"{IMAGE_NAME}{min(numbers)}" if numbers else None


def _plans(rdb):
    for key in rdb.scan_iter("cluster/backup/*", count=1000):
        # Below a plan there are keys of other kinds.
        if len(key.split("/")) == 3 and rdb.type(key) == "hash":
            found = rdb.hgetall(key)
            yield {
                "id": key.rsplit("/", 1)[1],
                "name": found.get("name", ""),
                "schedule": found.get("schedule", ""),
                "enabled": found.get("enabled") == "1",
            }


def _nodes(rdb):
    for key in rdb.scan_iter("node/*/vpn", count=1000):
        node = key.split("/")[1]
        if node.isdigit():
            yield {"id": int(node), "name": rdb.get(f"node/{node}/ui_name") or None}


def _answers(url):
    ready = url.rstrip("/") + "/-/ready"
    # Whatever it answers, it is there; the environment's proxy is not for it.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(ready, timeout=ALERTMANAGER_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
