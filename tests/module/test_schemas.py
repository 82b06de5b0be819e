"""The schemas: what they say of themselves has to be true."""

import json

import jsonschema
import pytest
from support.agent import SENSITIVE
from support.node import ROOT

ACTIONS = ROOT / "imageroot/actions"
OWN = (
    "configure-module",
    "get-configuration",
    "get-defaults",
    "get-overview",
    "get-report",
    "list-reports",
    "resend-report",
    "run-check",
    "send-test-mail",
)
SCHEMAS = sorted(ACTIONS.glob("*/validate-*.json"))


def load(action, kind):
    return json.loads((ACTIONS / action / f"validate-{kind}.json").read_text(encoding="utf-8"))


def names(schema):
    """The names of all attributes, however deep."""
    if isinstance(schema, list):
        return {name for item in schema for name in names(item)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema.get("properties", {}))
    return own.union(*(names(value) for key, value in schema.items() if key != "examples"))


def test_every_action_has_both():
    found = {path.parent.name for path in SCHEMAS}
    assert found == set(OWN)
    assert len(SCHEMAS) == 2 * len(OWN)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_schema_is_one_and_its_examples_fit(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["description"]
    assert schema["examples"]
    for example in schema["examples"]:
        jsonschema.validate(example, schema, jsonschema.Draft7Validator)


def test_secrets_and_nothing_else_are_named_so_that_the_agent_masks_them():
    masked = {
        name
        for action in OWN
        for name in names(load(action, "input"))
        if name.lower().endswith(SENSITIVE)
    }
    assert masked == {"webhook_token", "smtp_password"}


def test_no_schema_can_refuse_a_secret_and_show_it():
    """The agent shows the value of what a schema refuses, and whatever holds it."""
    schema = load("configure-module", "input")
    for name in ("webhook_token", "smtp_password"):
        assert set(schema["properties"][name]) == {"description"}
    beyond_shape = {"additionalProperties", "required", "anyOf", "oneOf", "allOf", "not", "if"}
    assert not beyond_shape & set(schema)
    for section in ("mail", "receiver"):
        assert not beyond_shape & set(schema["properties"][section])


def test_no_output_has_a_place_for_a_secret():
    """What is said of a secret is whether it is set."""
    for action in OWN:
        found = {name for name in names(load(action, "output")) if name.lower().endswith(SENSITIVE)}
        assert not found, action


def test_the_settings_are_the_same_everywhere():
    given = load("get-configuration", "output")["then"]["properties"]["settings"]
    assert given == load("get-defaults", "output")["properties"]["settings"]
    changed = load("configure-module", "input")["properties"]
    assert set(given["properties"]) == set(changed) - {"webhook_token", "smtp_password"}
    for name, section in given["properties"].items():
        assert names(section) == names(changed[name]), name
