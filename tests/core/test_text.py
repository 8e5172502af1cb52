"""Text from outside, made storable or refused by the field's name."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from supportflow.core import text
from supportflow.core.errors import Invalid

ANYTHING = st.text(st.characters(codec=None) | st.sampled_from("\n\r\t\x0b\x0c\x85\u2028\u202e\ud800 é"))
OVERRIDES = "\u202d\u202e"


@given(ANYTHING)
@example("\u0301\ud800\u0301")
@example("a\u202e\u0301")
def test_a_line_is_one_line_that_every_database_can_store(value: str) -> None:
    tidy = text.tidy_line(value)
    tidy.encode("utf-8")
    assert tidy == unicodedata.normalize("NFC", tidy) == tidy.strip()
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} or c in OVERRIDES for c in tidy)
    assert len(tidy.splitlines()) <= 1
    assert text.tidy_line(tidy) == tidy


@given(ANYTHING)
@example("a\ud800\n\nb ")
def test_prose_keeps_its_lines_and_nothing_that_hides(value: str) -> None:
    tidy = text.tidy_prose(value)
    tidy.encode("utf-8")
    assert tidy == unicodedata.normalize("NFC", tidy)
    assert not any(
        unicodedata.category(c) in {"Cc", "Cs"} or c in OVERRIDES for c in tidy.replace("\n", "").replace("\t", "")
    )
    assert text.tidy_prose(tidy) == tidy


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_words_on_two_lines_never_grow_together(line_break: str) -> None:
    assert text.tidy_prose(f"one{line_break}two") == "one\ntwo"
    assert text.tidy_line(f"one{line_break}two") == "one two"


def test_names_of_every_script_stay_as_they_are() -> None:
    for name in ("محمد الفاتح", "שָׁלוֹם", "José-María O’Neill", "李小龍", "नमस्ते", "👩‍💻 Ada", "a\u200fb"):
        assert text.tidy_line(name) == unicodedata.normalize("NFC", name)


def test_prose_keeps_the_first_lines_indent() -> None:
    assert text.tidy_prose("\n\n    code\n  text  \n\n") == "    code\n  text"


def test_letters_are_composed_before_they_are_counted() -> None:
    assert text.line("name", "e\u0301" * 10, most=10) == "é" * 10


@pytest.mark.parametrize("value", ["a\x00b", "\x00", "a" * 20 + "\x00"])
def test_nul_is_refused_and_says_so(value: str) -> None:
    for clean in (text.line, text.prose):
        with pytest.raises(Invalid, match="NUL") as refusal:
            clean("subject", value, most=10)
        assert list(refusal.value.fields) == ["subject"]


def test_too_long_names_both_lengths() -> None:
    assert text.line("subject", " " + "x" * 10 + "\n", most=10) == "x" * 10
    with pytest.raises(Invalid, match="11 characters long; at most 10 fit"):
        text.line("subject", "x" * 11, most=10)
    with pytest.raises(Invalid, match="1000001 characters long"):
        text.prose("body", "x" * (text.MAX_BODY + 1))


@pytest.mark.parametrize("value", ["", " ", "\n\t ", "\u202e", "\ud800", "\x07"])
def test_nothing_is_not_enough_where_something_is_needed(value: str) -> None:
    for clean in (text.line, text.prose):
        with pytest.raises(Invalid):
            clean("body", value, most=10)
        assert clean("body", value, most=10, required=False).strip() == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Sarah@ACME.Example ", "Sarah@acme.example"),
        ("o'neill+desk@a.b.example", "o'neill+desk@a.b.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    assert text.email("email", typed) == kept
    assert text.email("email", kept) == kept


@given(ANYTHING | st.builds("{}@{}".format, ANYTHING, ANYTHING))
@example("@")
@example("a@")
@example("a@b@c.example")
@example("a@..")
@example(f"a@{'ü' * 62}.{'ü' * 62}.{'ü' * 62}.{'ü' * 62}")
@example("a@" + "x" * 64 + ".example")
@example("a b@c.example")
def test_what_is_no_address_is_refused_by_name(value: str) -> None:
    told: list[str] = []
    address = "a@b.example"
    try:
        address = text.email("email", value)
    except Invalid as refusal:
        told = list(refusal.fields)
    assert told in ([], ["email"])
    assert address.isascii()
    assert len(address) <= 254
    assert text.email("email", address) == address
