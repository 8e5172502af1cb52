"""docs/search.md says nothing that does not work."""

import re
from pathlib import Path

import pytest

from supportflow.search.language import FILTERS, parse
from supportflow.tags.operations import tags_by_name
from tests.architecture.source import ROOT
from tests.conftest import BY, World
from tests.search.conftest import faults, search

GUIDE = Path(ROOT, "docs", "search.md").read_text("utf-8")
_ROWS = [line for line in GUIDE.splitlines() if line.startswith("| `")]
EXAMPLES = [row.split("`")[1] for row in _ROWS] + re.findall(r"Together: (.*)\.", GUIDE)[0].replace("`", "").split(", ")


def test_the_guide_has_examples_of_each_filter() -> None:
    shown = {one.name for example in EXAMPLES for one in parse(example).filters}
    assert shown == set(FILTERS)
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_means_something(desk: World, example: str) -> None:
    tags_by_name(["vip"], by=BY)
    assert parse(example).terms or parse(example).filters
    assert faults(example, desk.john) == []
    search(example, desk.john)


def test_every_value_that_is_told_is_known(desk: World) -> None:
    for row in _ROWS:
        filters = parse(row.split("`")[1]).filters
        if len(filters) != 1 or filters[0].name not in {"status", "priority", "category", "channel", "is", "in"}:
            continue
        for value in re.findall(r"`(\w+)`", row.split("|")[2]):
            assert faults(f"{filters[0].name}:{value}", desk.john) == [], value
