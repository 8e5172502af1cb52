"""Mails made to hurt: they end in an answer, whatever the bytes. A part that is not linear would hang here."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportflow.mail.parsing import MAX_MAIL, as_json, parse
from supportflow.mail.parsing.addresses import parse_addresses
from supportflow.mail.parsing.charsets import decode
from supportflow.mail.parsing.headers import decode_words, parameters
from supportflow.mail.parsing.reply import new_text
from tests.mail.mails import SENDER, plain, raw, read

HEAD = SENDER + b"\r\n"
MANY = 200_000


def nested(depth: int) -> bytes:
    down = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    up = b"".join(b"--b%d--\r\n" % n for n in reversed(range(depth)))
    return HEAD + down + b"Content-Type: text/plain\r\n\r\ninnermost\r\n" + up


def test_five_thousand_nested_parts_are_read_to_the_innermost() -> None:
    assert read(nested(5_000)).text == "innermost"


def test_ten_thousand_parts_are_read() -> None:
    parts = b"".join(b"--b\r\nContent-Disposition: attachment; filename=f%d\r\n\r\nx\r\n" % n for n in range(10_000))
    mail = read(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--")
    assert len(mail.attachments) == 1_000


def test_parts_with_the_same_boundary_inside_each_other_end() -> None:
    part = b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    assert parse(HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 20_000).error is None


def test_five_thousand_nested_elements_keep_their_text_and_lose_their_scripts() -> None:
    body = "<div>" * 5_000 + "deep<script>alert(1)</script>" + "</div>" * 5_000
    mail = read(plain(body, type_="text/html"))
    assert mail.text == "deep"
    assert "script" not in mail.html


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Subject: " + b"x" * 2_000_000 + b"\r\n\r\nbody",
        HEAD + b"X: y\r\n" * MANY + b"\r\nbody",
        HEAD + b"Subject: x\r\n" + b" y\r\n" * MANY + b"\r\nbody",
        HEAD + b"Subject: " + b"=?utf-8?q?a" * MANY + b"\r\n\r\nbody",
        HEAD + b"To: " + b"a@b.example," * MANY + b"\r\n\r\nbody",
        HEAD + b"To: " + b"(" * MANY + b"\r\n\r\nbody",
        HEAD + b"To: " + b'"' * MANY + b"1\r\n\r\nbody",
        HEAD + b"To: " + b'\\"' * MANY + b"\r\n\r\nbody",
        HEAD + b"To: " + b"<" * MANY + b"\r\n\r\nbody",
        HEAD + b"References: " + b"<" * MANY + b"\r\n\r\nbody",
        HEAD + b"References: " + b"<a@b.example> " * MANY + b"\r\n\r\nbody",
        HEAD + b"Content-Type: text/plain" + b"; a=b" * MANY + b"\r\n\r\nbody",
        HEAD + b"Content-Type: text/plain; " + b'"' * MANY + b"\r\n\r\nbody",
        HEAD + b"Content-Disposition: attachment; filename*0*=" + b"%" * MANY + b"\r\n\r\nbody",
        HEAD + b"Date: " + b"(" * MANY + b"\r\n\r\nbody",
        HEAD + b"\r\n" + b"> " * MANY,
        HEAD + b"\r\n" + b">\r\n" * MANY,
        HEAD + b"\r\n" + b"On 3 Mar 2025 wrote:\r\n" * MANY,
        HEAD + b"\r\n" + b"From: x\r\n" * MANY,
        HEAD + b"\r\n" + b"--\r\n" * MANY,
        HEAD + b"\r\nhi\r\n" + b"Sent from my iPhone\r\n" * MANY,
        HEAD + b"\r\n" + b" " * 2_000_000 + b"x",
        HEAD + b"\r\n" + b"begin 644 x\r\n" * MANY + b"end\r\n",
        HEAD + b"\r\n" + b"a@" * MANY + b":",
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * MANY,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * MANY,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a " * MANY,
        HEAD + b"Content-Type: text/html\r\n\r\n<a " + b" ".join(b"x%d=1" % n for n in range(MANY)) + b">t</a>",
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"".join(b"<font size=%d><p>" % n for n in range(5_000)),
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<span><div></span></div>" * 20_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>" * 20_000 + b"x",
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"&amp" * MANY,
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A!" * MANY,
        HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * MANY,
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n" * MANY,
        HEAD + b"Content-Type: multipart/mixed; boundary=none\r\n\r\n" + b"--" * MANY,
        HEAD + b"Content-Type: multipart/mixed\r\n\r\n" + b"--x\r\nContent-Type: multipart/mixed\r\n\r\n" * 20_000,
    ],
)
def test_every_mail_made_to_hurt_gets_an_answer(data: bytes) -> None:
    json.dumps(as_json(read(data))).encode()


def test_a_mail_beyond_the_limit_is_refused_unread() -> None:
    assert "35 MB" in (parse(HEAD + b"\r\n" + b"x" * MAX_MAIL).error or "")


LINES = [
    b"From: a <a@x.example>",
    b"Content-Type: multipart/mixed; boundary=b",
    b"Content-Type: text/html; charset=utf-7",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    b"Content-Type: message/rfc822",
    b"--b",
    b"--b--",
    b"Content-Type: message/delivery-status",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Disposition: attachment; filename*=utf-8''%ff",
    b"Subject: =?utf-8?b?gA?= =?x?q?",
    b"Date: Mon, 31 Feb -1 99:99 +9999999",
    b"References: <a@b> <",
    b"",
    b"",
    b"> q",
    b"On 3 Mar 2025, a@b.c wrote:",
    b"-- ",
    b'x\x9f>"',
    b"\xff\xfe\x00",
    b"\x1b$B$",
    b"begin 644 f",
    b"end",
    b"<div><table><b></div>",
    b"Final-Recipient: rfc822;",
    b"Action: failed",
    b"Content-Type: application/ms-tnef",
    b"Return-Path: <>",
    b"Subject: Undelivered",
    b" folded",
    b"\x00",
]
mails = st.lists(st.one_of(st.sampled_from(LINES), st.binary(max_size=40)), max_size=40).map(lambda lines: raw(*lines))


@settings(max_examples=300, deadline=None)
@given(st.one_of(mails, st.binary(max_size=2_000)))
def test_no_bytes_raise_and_all_answers_are_json_of_clean_text(data: bytes) -> None:
    mail = parse(data)
    assert not (mail.error or "").startswith("The mail cannot be read")
    text = json.dumps(as_json(mail), ensure_ascii=False)
    text.encode("utf-8")  # no lone surrogates
    assert "\\u0000" not in text
    assert bool(mail.reply.strip()) == bool(mail.text.strip())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["utf-8", "iso-2022-jp", "shift_jis", "gb2312", "utf-16", "bogus", ""]))
def test_no_piece_of_a_mail_raises(data: bytes, charset: str) -> None:
    decode(data, charset)
    decode_words(data)
    parameters(data)
    parse_addresses(data)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_new_text_is_always_a_part_of_the_text(text: str) -> None:
    new = new_text(text).text
    assert bool(new) == bool(text.strip())
    assert len(new) <= len(text) + 2
