"""Runs actions as NS8's agent does: the steps of the core and of the module in
the order of their names, each a process of its own, the schemas before and
after, control commands on a pipe."""

import copy
import csv
import io
import json
import os
import subprocess
import threading
from dataclasses import dataclass, field

import jsonschema

LIMIT = 240
# What the agent's validator calls a failure.
NAMES = {
    "type": "invalid_type",
    "minimum": "number_gte",
    "maximum": "number_lte",
    "minLength": "string_gte",
    "maxLength": "string_lte",
    "minItems": "array_min_items",
    "maxItems": "array_max_items",
    "additionalProperties": "additional_property_not_allowed",
}
SENSITIVE = ("password", "secret", "token", "key", "pass")


@dataclass
class Task:
    """What became of an action."""

    status: str = "pending"
    exit_code: int = 0
    text: str = ""
    error: str = ""
    progress: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    weights: dict = field(default_factory=dict)
    context: object = None
    unknown: list = field(default_factory=list)

    @property
    def output(self):
        return json.loads(self.text)

    def codes(self):
        """Field and error of each mistake."""
        return [(told["field"], told["error"]) for told in self.output]


def steps_of(action, folders):
    """Name and path of each step, in order; the module's go before the core's."""
    found = {}
    for folder in folders:
        for path in sorted((folder / action).glob("*")):
            if path.is_file():
                found[path.name] = path
    first, last = found.pop("validate-input.json", None), found.pop("validate-output.json", None)
    steps = [("validate-input.json", first)] if first else []
    steps += sorted(found.items())
    return steps + ([("validate-output.json", last)] if last else [])


def validate(path, data):
    """Mistakes in the form that the agent gives them."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    mistakes = []
    for wrong in jsonschema.Draft7Validator(schema).iter_errors(data):
        where = ".".join(str(part) for part in wrong.absolute_path) or "(root)"
        parameter = where.split(".", 1)[0]
        mistakes.append(
            {
                "parameter": parameter,
                "error": f"{parameter}_{NAMES.get(wrong.validator, wrong.validator)}",
                "value": wrong.instance,
                "field": where,
            }
        )
    return mistakes


def masked(data):
    """The request as the agent stores it for everybody to read."""
    if isinstance(data, list):
        return [masked(item) for item in data]
    if not isinstance(data, dict):
        return copy.deepcopy(data)
    return {
        name: "XXX" if name.lower().endswith(SENSITIVE) else masked(value)
        for name, value in data.items()
    }


def run(node, action, data=None):
    """Runs an action of the instance on this node."""
    task = Task(context=masked(data))
    steps = steps_of(action, [node.core_actions, node.config / "actions"])
    if not steps:
        return Task(status="aborted", exit_code=8, error=f"Action {action} is not defined\n")
    for name, path in steps:
        task.steps.append(name)
        if name == "validate-input.json":
            mistakes = validate(path, data)
            if mistakes:
                task.status, task.exit_code = "validation-failed", 10
                task.text = json.dumps(mistakes)
                break
        elif name == "validate-output.json":
            mistakes = validate(path, json.loads(task.text))
            if mistakes:
                task.status, task.exit_code = "aborted", 1
                task.error += f"Validation errors: {mistakes}\n"
                break
        elif os.access(path, os.X_OK):
            task.status = "running"
            code = _step(node, action, path, data, task)
            if code != 0 or task.status == "validation-failed":
                task.exit_code = code or 10
                if task.status == "running":
                    task.status = "aborted"
                break
    if task.exit_code == 0:
        task.status = "completed"
    node.publish_environment()
    return task


def _step(node, action, path, data, task):
    told_from, told_to = os.pipe()
    extra = {
        "AGENT_COMFD": str(told_to),
        "AGENT_TASK_ID": "f5d24fcd-819c-4b1d-98ad-a1b2ebcee8cf",
        "AGENT_TASK_ACTION": action,
        "AGENT_TASK_USER": "admin",
    }
    process = node.popen(
        [str(path)],
        extra=extra,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(told_to,),
    )
    os.close(told_to)

    def listen():
        with os.fdopen(told_from, encoding="utf-8", newline="") as pipe:
            for line in pipe:
                _obey(next(csv.reader(io.StringIO(line), delimiter=" ")), task)

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        out, err = process.communicate(json.dumps(data).encode(), timeout=LIMIT)
    finally:
        process.kill()
        process.wait()
    listening.join()
    assert not task.unknown, f"the agent does not know {task.unknown}"
    task.text += out.decode()
    task.error += err.decode()
    return process.returncode


def _obey(words, task):
    if words[0] == "set-status" and words[1] == "validation-failed":
        task.status = "validation-failed"
    elif words[0] == "set-progress" and 0 <= int(words[1]) <= 100:
        task.progress.append(int(words[1]))
    elif words[0] == "set-weight":
        task.weights[words[1]] = int(words[2])
    else:
        task.unknown.append(words)
