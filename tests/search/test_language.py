"""The language of the search box, as text alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportflow.search.engines.postgres import Postgres
from supportflow.search.engines.sqlite import Sqlite
from supportflow.search.language import Filter, Query, Term, parse
from supportflow.search.wanted import Phrase, Wanted
from tests.search.test_folding import STORABLE


def said(query: Query) -> list[tuple[str, ...]]:
    return [term.words for term in query.terms]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("login", [("login",)]),
        ("  Login   NOW ", [("login",), ("now",)]),
        ("Müller", [("muller",)]),
        ('"not working" now', [("not", "working"), ("now",)]),
        ("“not working”", [("not", "working")]),
        ('"never closed', [("never", "closed")]),
        ("sarah@acme.example", [("sarah", "acme", "example")]),
        ("https://acme.example/x?y=z", [("https", "acme", "example", "x", "y", "z")]),
        ("12:30", [("12", "30")]),
        ("C:\\temp", [("c", "temp")]),
        ("東京都", [("東京", "京都")]),
        ("--- !!! ()", []),
        ("", []),
        ("a a a", [("a",)]),
    ],
)
def test_words_and_phrases(text: str, words: list[tuple[str, ...]]) -> None:
    assert said(parse(text)) == words
    assert not parse(text).faults


def test_a_minus_leaves_out() -> None:
    query = parse('login -password -"dark mode" -tag:vip')
    assert said(query) == [("login",)]
    assert [term.words for term in query.without] == [("password",), ("dark", "mode")]
    assert query.filters == (Filter("tag", ("vip",), "-tag:vip", excluded=True),)


def test_a_star_begins() -> None:
    assert parse("inv* x").terms == (Term(("inv",), "inv*", begins=True), Term(("x",), "x"))
    assert parse("東").terms[0].begins


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("status:open", "status", ("open",)),
        ("STATUS:Open", "status", ("Open",)),
        ("status:open,waiting", "status", ("open", "waiting")),
        ('company:"Acme, Inc"', "company", ("Acme, Inc",)),
        ('tag:"big deal",vip', "tag", ("big deal", "vip")),
        ('contact:"never closed', "contact", ("never closed",)),
        ("from:sarah@acme.example", "from", ("sarah@acme.example",)),
    ],
)
def test_filters(text: str, name: str, values: tuple[str, ...]) -> None:
    query = parse(f"login {text}")
    assert [(one.name, one.values, one.text) for one in query.filters] == [(name, values, text)]
    assert said(query) == [("login",)]


@pytest.mark.parametrize(
    ("text", "part", "instead"),
    [
        ("stats:open x", "stats:open", "status:open"),
        ("asignee:me", "asignee:me", "assignee:me"),
        ("Re:invoice", "Re:invoice", '"Re invoice"'),
        ("-login", "-login", ""),
        ("-login is:open", "-login", ""),
        ('tag:""', 'tag:""', ""),
    ],
)
def test_what_means_nothing_is_named_with_a_way_out(text: str, part: str, instead: str) -> None:
    [fault] = parse(text).faults
    assert (fault.part, fault.instead) == (part, instead)
    assert len(fault.message) > 10


def test_a_number_alone_is_a_number() -> None:
    assert [parse(text).number for text in ("T-0042", "42", "t-42 is:open")] == ["T-0042", "42", "t-42"]
    assert [parse(text).number for text in ("T-0042 login", "x42", '"a 42"', "-42 login")] == ["", "", "", ""]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text("ab:\"-*,\\' \u202e東\x00", max_size=60))
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    query = parse(text)
    for term in (*query.terms, *query.without):
        assert term.words
        assert all(STORABLE.fullmatch(word) for word in term.words)
    assert all(one.values for one in query.filters)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80).filter(lambda text: not set(text) & set('“”„‟«»＂"')))
def test_what_is_in_quotes_is_a_phrase_and_nothing_else(text: str) -> None:
    query = parse(f'"{text}"')
    assert not query.filters
    assert not query.faults
    assert len(query.terms) <= 1


def test_the_engines_tell_the_same_in_their_own_language() -> None:
    wanted = Wanted(((Phrase(("a", "b")), Phrase(("c",), begins=True)), (Phrase(("d",)),)), (Phrase(("e",)),))
    assert Sqlite().expression(wanted) == '(("a b" OR "c" *) AND ("d")) NOT ("e")'
    assert Postgres().expression(wanted) == "((('a' <-> 'b') | ('c':*)) & (('d'))) & !(('e'))"
