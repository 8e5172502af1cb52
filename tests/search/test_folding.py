"""Words as the index knows them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportflow.search.folding import LONGEST, pieces, sought, words
from supportflow.search.snippets import marks, snippet
from supportflow.search.wanted import Phrase, Wanted

# What the engines' quotes can hold: nothing of ASCII but small letters and digits, and no blanks.
STORABLE = re.compile(r"(?:[a-z0-9]|[^\x00-\x7f\s])+")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller & MULLER", ["muller", "muller"]),
        ("Mu\u0308ller", ["muller"]),
        ("Straße, Łódź, Ærø, İzmir", ["strasse", "lodz", "aero", "izmir"]),
        ("foo_bar-baz", ["foo", "bar", "baz"]),
        ("Acme™ ½", ["acme"]),
        ("ﬁne", ["fine"]),
        ("Привет, мир", ["привет", "мир"]),
        ("東京都です", ["東京", "京都", "都で", "です", "す"]),
        ("Acme株式会社", ["acme", "株式", "式会", "会社", "社"]),
        ("x" * 100, ["x" * LONGEST]),
        ("\x00\u202e", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    found = words(text)
    assert [word for word in found if not word.isdigit()] == expected


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_words_are_letters_and_digits_and_stand_where_they_are_said_to(text: str) -> None:
    found = list(pieces(text))
    assert [piece.word for piece in found] == words(text)
    for piece in found:
        assert STORABLE.fullmatch(piece.word)
        assert 0 <= piece.start < piece.end <= len(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_a_text_holds_the_words_that_are_sought_for_its_parts(one: str, other: str) -> None:
    told = f" {' '.join(words(f'{one} {other}'))} "
    if parts := sought(other):
        assert f" {' '.join(parts)}" in told


WANTED = Wanted(((Phrase(("login",)), Phrase(("log",), begins=True)), (Phrase(("muller",)),)))


def test_what_was_found_is_marked_and_everything_else_escaped() -> None:
    assert marks("<b>Login</b> & Müller", WANTED) == ("&lt;b&gt;<mark>Login</mark>&lt;/b&gt; &amp; <mark>Müller</mark>")
    assert marks("Logging <script>", WANTED) == "<mark>Logging</mark> &lt;script&gt;"
    assert marks("blog catalogue", WANTED) == "blog catalogue"


def test_pairs_that_overlap_are_one_mark() -> None:
    assert marks("東京都です", Wanted(((Phrase(("東京", "京都")),),))) == "<mark>東京都</mark>です"


def test_a_snippet_is_the_stretch_with_most_in_it() -> None:
    text = f"Login first. {'and so on ' * 60}here is the login of Müller. {'and so on ' * 60}"
    told = snippet(text, WANTED)
    assert "<mark>login</mark> of <mark>Müller</mark>" in told
    assert told.startswith("… ")
    assert told.endswith(" …")
    assert len(told) < 320


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=600))
def test_a_snippet_never_lets_markup_through(text: str) -> None:
    told = snippet(text, WANTED).replace("<mark>", "").replace("</mark>", "")
    assert "<" not in told
    assert ">" not in told
