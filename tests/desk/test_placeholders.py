"""Placeholders are data: whatever a customer is called, the reader sees exactly that."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supportflow.core.richtext import from_markdown
from supportflow.core.text import tidy_line
from supportflow.desk.placeholders import KNOWN, MOST, as_data, fill, problem

HOSTILE = (
    "{{agent.name}}",
    "**x**",
    "__x__ ~~y~~ `z`",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "![a](https://x.example/a.png)",
    "https://evil.example/",
    "# Big",
    "- one",
    "+ one",
    "1. one",
    "12) one",
    "> quoted",
    "---",
    "===",
    "~~~",
    "```",
    "| a | b |",
    "&lt;b&gt; &amp; &#42;",
    "R&D; Smith & Sons",
    "back\\slash \\* \\",
    "[x]: https://x.example",
    "<https://x.example>",
    "a\nb\n\n# c",
    "O’Neill-Smith, Jr. (Ltd.)!",
    "john_doe_x@x.example",
)
VALUES = dict.fromkeys(KNOWN, "")


def read(source: str, value: str) -> str:
    """What somebody reads who gets this text with this value in it."""
    return from_markdown(fill(source, VALUES | {"customer.name": value})).text


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize(
    "source", ["%s", "Hello %s, welcome.", "Hello\n%s", "- %s", "> %s", "**%s**", "1%s", "Hi %s%s"]
)
def test_a_value_reads_as_it_is_stored(source: str, value: str) -> None:
    told = read(source.replace("%s", "{{customer.name}}"), value)
    assert told == read(source.replace("%s", "XYZZY"), "").replace("XYZZY", tidy_line(value))


def shown(value: str) -> str:
    """Without what shows as nothing: soft hyphens, spaces of no width, marks of direction."""
    return "".join(c for c in value if unicodedata.category(c) != "Cf")


@given(
    st.text(st.characters(codec="utf-8"), max_size=40) | st.text("{}*_`#->+.)(1[]!<&;:/|=~\\ agent.name", max_size=20)
)
@example("{{customer.name}}")
@example("http:")
def test_no_value_is_ever_obeyed(value: str) -> None:
    tidy = " ".join(tidy_line(shown(value)).split())
    if tidy:
        html = from_markdown(fill("{{customer.name}}", VALUES | {"customer.name": value})).html
        assert re.fullmatch("<p>[^<]*</p>", html), html
        assert shown(from_markdown(as_data(value)).text) == tidy


@given(st.text("{}|agentcusomr.fi_ x\n", max_size=60))
def test_no_source_can_break_it(source: str) -> None:
    problem(source)
    fill(source, VALUES)


def test_a_value_is_not_expanded_again() -> None:
    values = VALUES | {"customer.name": "{{agent.name}}", "agent.name": "John"}
    assert fill("{{customer.name}}", values) == "{{agent.name}}"
    assert fill("{{customer.name}} {{agent.name}}", values) == "{{agent.name}} John"


def test_an_empty_value_gives_way_to_its_fallback() -> None:
    assert fill("Hello {{customer.first_name|there}}!", VALUES) == "Hello there!"
    assert fill("Hello {{ customer.first_name | dear customer }}!", VALUES) == "Hello dear customer!"
    assert fill("Hello {{customer.first_name}}!", VALUES) == "Hello !"
    assert fill("Hello {{customer.first_name|there}}!", VALUES | {"customer.first_name": "Sarah"}) == "Hello Sarah!"


def test_ordinary_names_stay_as_they_are() -> None:
    for value in ("Sarah Johnson", "O'Neill-Smith, Jr.", "sarah.j@acme.example", "Smith & Sons (Ltd.)", "T-0042", "Ωβ"):
        assert as_data(value) == value
    assert as_data("x" * 1000) == "x" * MOST


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{customer.frist_name}}", "Did you mean {{customer.first_name}}?"),
        ("{{name}}", "Known ones: customer.first_name"),
        ("{{7*7}}", "There is no {{7*7}}."),
        ("{{}}", "There is no {{}}."),
        ("{{ticket}}", "ticket.number"),
        ("{{customer.__class__}}", "There is no"),
        ("{{customer.name", "begins a placeholder"),
        ("{{customer.{name}}}", "begins a placeholder"),
        ("{{" * 5000, "begins a placeholder"),
    ],
)
def test_what_is_not_known_is_told_with_what_is(source: str, says: str) -> None:
    assert says in problem(source)


@pytest.mark.parametrize("source", ["", "Hello", "{customer}", "{% if x %}", "{{today}} {{ customer.name|you }}", "}}"])
def test_the_rest_is_fine(source: str) -> None:
    assert problem(source) == ""
