"""The OpenAPI document is a promise: a change of it stands in the diff of `openapi.json`.

Renew it with: python -m tests.api.renew
"""

from typing import Any

from supportflow.api import schema
from supportflow.api.openapi import operations
from tests.api.renew import SNAPSHOT, as_text


def test_the_document_is_as_promised() -> None:
    assert as_text(schema()) == SNAPSHOT.read_text(), "Look at the change, then run: python -m tests.api.renew"


def test_every_route_says_what_it_does_and_answers() -> None:
    assert schema()["openapi"].startswith("3.1")
    names = [operation["operationId"] for _method, _path, operation in operations(schema())]
    assert len(names) == len(set(names))
    for method, path, operation in operations(schema()):
        assert operation["summary"], (method, path)
        assert {"400", "401", "404", "422", "429"} <= set(operation["responses"]), (method, path)
        assert operation["security"] == [{"BearerToken": []}], (method, path)


def test_every_schema_has_an_example() -> None:
    for name, component in schema()["components"]["schemas"].items():
        assert component.get("examples") or component["type"] == "string", name


def test_answers_leave_no_key_out() -> None:
    for name, component in _components("Out", "Page").items():
        if name != "ProblemOut":
            assert set(component["required"]) == set(component["properties"]), name


def test_what_is_sent_has_no_unknown_keys() -> None:
    for name, component in _components("In", "Put", "Patch").items():
        assert component["additionalProperties"] is False, name


def _components(*endings: str) -> dict[str, Any]:
    return {name: found for name, found in schema()["components"]["schemas"].items() if name.endswith(endings)}
