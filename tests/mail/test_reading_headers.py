"""Headers as they really come."""

from datetime import UTC, datetime

import pytest

from supportflow.mail.parsing import as_json, parse
from tests.mail.mails import plain, raw, read


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"Printer on fire", "Printer on fire"),
        ("Größe fehlt".encode(), "Größe fehlt"),
        ("Größe fehlt".encode("latin-1"), "Größe fehlt"),
        (b"=?utf-8?B?R3LDtsOfZQ==?= fehlt", "Größe fehlt"),
        (b"=?utf-8?q?Gr=C3=B6=C3=9Fe_?=\r\n =?utf-8?q?fehlt?=", "Größe fehlt"),
        (b"=?UTF-8?B?5pel5g==?=\r\n\t=?UTF-8?B?nKzoqp4=?=", "日本語"),  # a character cut across two words
        (b"=?UTF-8?B?5pel5?= =?UTF-8?B?pys?=", "日本"),  # base64 itself cut across two words
        (b"=?utf-8?B?R3LDtsOfZQ?=", "Größe"),  # no padding
        (b"=?utf-8?Q?Gr=C3=B6=C3=9Fe", "Größe"),  # never closed
        (b"=?utf-8?Q?Is it spaces?=", "Is it spaces"),
        (b'"=?iso-8859-1*de?Q?Gr=F6=DFe?="', '"Größe"'),
        (b"=?iso-2022-jp?B?GyRCJDMkcyRLJEEbKEI=?=", "こんにち"),
        (b"\x1b$B$3$s$K$A\x1b(B", "こんにち"),
        (b"=?koi8-r?B?8NLJ18XU?=", "Привет"),
        (b"=?gb2312?B?xOO6w6Ow?=", "你好０"),
        (b"=?no-such-charset?Q?plain?=", "plain"),
        (b"=?utf-7?Q?+ADw-script+AD4-?=", "+ADw-script+AD4-"),
        (b"two\r\n lines\r\n\tand a tab", "two lines and a tab"),
        (b"bell\x07 nul\x00 override\xe2\x80\xae", "bell nul override"),
        ("e\u0301te\u0301".encode(), "été"),  # composed on the way in
    ],
)
def test_subjects_are_readable(written: bytes, meant: str) -> None:
    assert read(plain("x", b"Subject: " + written)).subject == meant


@pytest.mark.parametrize(
    ("written", "email", "name"),
    [
        (b"sarah@acme.example", "sarah@acme.example", ""),
        (b"<sarah@acme.example>", "sarah@acme.example", ""),
        (b"Sarah Johnson <sarah@acme.example>", "sarah@acme.example", "Sarah Johnson"),
        (b'"Johnson, Sarah" <sarah@acme.example>', "sarah@acme.example", "Johnson, Sarah"),
        (b"Johnson, Sarah <sarah@acme.example>", "sarah@acme.example", "Johnson, Sarah"),
        (b"sarah@acme.example (Sarah Johnson)", "sarah@acme.example", "Sarah Johnson"),
        (b"=?utf-8?Q?M=C3=BCller=2C_Hans?= <h@m.example>", "h@m.example", "Müller, Hans"),
        (b'"=?utf-8?B?SsO8cmdlbg==?=" <j@m.example>', "j@m.example", "Jürgen"),
        ("Jürgen <j@m.example>".encode("latin-1"), "j@m.example", "Jürgen"),
        (b'"support@bank.example" <thief@evil.example>', "thief@evil.example", "support@bank.example"),
        (b"'Sarah' <sarah@acme.example>", "sarah@acme.example", "Sarah"),
        (b'"Sarah \\"Sal\\" J" <sarah@acme.example>', "sarah@acme.example", 'Sarah "Sal" J'),
        (b"<@relay.example:sarah@acme.example>", "sarah@acme.example", ""),
        (b"mailto:sarah@acme.example", "sarah@acme.example", ""),
        (b"Sarah <sarah@acme.example", "sarah@acme.example", "Sarah"),
        (b'"Sarah <sarah@acme.example>', "sarah@acme.example", "Sarah"),
        (b"first@a.example, second@b.example", "first@a.example", ""),
        ("иван@пример.рф".encode(), "иван@пример.рф", ""),
        (b"((((sarah@acme.example", "sarah@acme.example", ""),
    ],
)
def test_senders_are_found(written: bytes, email: str, name: str) -> None:
    mail = read(raw(b"From: " + written, "", "x"))
    assert mail.sender is not None
    assert (mail.sender.email, mail.sender.name) == (email, name)


def test_recipients_come_from_groups_and_repeated_headers_once_each() -> None:
    mail = read(
        plain(
            "x",
            'To: Team: a@x.example, "B, C" <b@x.example>;, undisclosed-recipients:;',
            "To: A@X.example; d@x.example",
            "Cc: nobody, e@x.example",
            "Reply-To: Other <other@x.example>",
        )
    )
    assert [address.email for address in mail.to] == ["a@x.example", "b@x.example", "d@x.example"]
    assert [address.email for address in mail.cc] == ["e@x.example"]
    assert mail.reply_to is not None
    assert mail.reply_to.email == "other@x.example"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Mon, 03 Mar 2025 12:34:56 +0100", datetime(2025, 3, 3, 11, 34, 56, tzinfo=UTC)),
        ("3 Mar 2025 12:34 EST (yes, really)", datetime(2025, 3, 3, 17, 34, tzinfo=UTC)),
        ("Mon, 3 Mar 25 12:34:56 -0000", datetime(2025, 3, 3, 12, 34, 56, tzinfo=UTC)),
        ("2025-03-03T12:34:56Z", datetime(2025, 3, 3, 12, 34, 56, tzinfo=UTC)),
        ("yesterday", None),
        ("Mon, 99 Mar 2025 12:34:56 +0100", None),
        ("Mon, 03 Mar 2025 12:34:56 +999999", None),
        ("Mon, 03 Mar 99999999999 12:34:56 +0100", None),
        ("", None),
    ],
)
def test_dates_are_utc_or_none(written: str, meant: datetime | None) -> None:
    assert read(plain("x", f"Date: {written}")).date == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"<one@a.example>", "<one@a.example>"),
        (b"one@a.example", "<one@a.example>"),
        (b"  <one@a.example> (comment)", "<one@a.example>"),
        (b"<one\r\n @a.example>", "<one@a.example>"),
        (b"<no-at-sign>", "<no-at-sign>"),
        (b"", None),
    ],
)
def test_message_ids_keep_their_brackets(written: bytes, meant: str | None) -> None:
    assert read(plain("x", b"Message-ID: " + written)).message_id == meant


def test_references_survive_folding_and_rubbish() -> None:
    mail = read(
        plain(
            "x",
            b"References: <a@x>\r\n\t<b@x> rubbish <c@\r\n x> <a@x>",
            b"In-Reply-To: Your message of Monday <b@x>",
        )
    )
    assert mail.references == ("<a@x>", "<b@x>", "<c@x>")
    assert mail.in_reply_to == "<b@x>"


def test_a_broken_header_line_spoils_no_other() -> None:
    mail = read(
        raw(
            "From: sarah@acme.example",
            "Subject: a long",
            "subject that lost its indent",
            "\x01\x02 rubbish",
            "To: support@desk.example",
            "Content-Type: text/plain; charset=utf-8",
            "",
            "The body.",
        )
    )
    assert mail.subject.startswith("a long subject that lost its indent")
    assert [address.email for address in mail.to] == ["support@desk.example"]
    assert mail.text == "The body."


def test_a_body_without_its_empty_line_is_still_a_body() -> None:
    mail = read(raw("From: sarah@acme.example", "Subject: hi", "Dear team,", "Note: it is broken."))
    assert (mail.subject, mail.text) == ("hi", "Dear team,\nNote: it is broken.")


@pytest.mark.parametrize(
    "before", [b"From sarah@acme.example Mon Mar  3 12:34:56 2025\n", b"\r\n\r\n", b"\xef\xbb\xbf", b">From x\n"]
)
def test_what_mailboxes_put_before_a_mail_is_passed_over(before: bytes) -> None:
    assert read(before + plain("hello", "Subject: s")).subject == "s"


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n", b"\r\r\n"])
def test_any_line_end_will_do(newline: bytes) -> None:
    mail = read(plain("one\r\ntwo", "Subject: s").replace(b"\r\n", newline))
    assert (mail.subject, mail.text) == ("s", "one\ntwo")


@pytest.mark.parametrize(
    "data", [b"", b"\r\n \r\n", b"no headers at all", b"Subject: nobody\r\n\r\nbody", b"From: root\r\n\r\nx"]
)
def test_a_mail_without_a_sender_says_why_it_is_no_use(data: bytes) -> None:
    assert parse(data).error


def test_the_first_from_counts_and_sender_helps_out() -> None:
    two = read(raw("From: a@x.example", "From: b@x.example", "", "x"))
    assert two.sender is not None
    assert two.sender.email == "a@x.example"
    none = read(raw("From: nobody", "Sender: c@x.example", "", "x"))
    assert none.sender is not None
    assert none.sender.email == "c@x.example"


def test_json_has_every_promised_key() -> None:
    assert list(as_json(parse(plain("x")))) == [
        *("subject", "from", "from_name", "to", "cc", "reply_to", "message_id", "in_reply_to", "references", "date"),
        *("text", "reply", "html", "attachments", "is_auto_reply", "suppress_autoresponse", "is_bounce"),
        *("bounce_addresses", "bounce_permanent", "is_forward", "error"),
    ]
