"""What no person wrote: bounces, automatic answers, lists, receipts."""

import pytest

from tests.mail.mails import multipart, part, plain, raw, read

OURS = "<c12.secret@desk.example>"
DAEMON = (
    "From: Mail Delivery System <MAILER-DAEMON@mx.x.example>",
    "Return-Path: <>",
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
)


def report(status: str, *, headers: tuple[str, ...] = DAEMON) -> bytes:
    """A delivery report as RFC 3464 wants it."""
    whole = multipart(
        "report; report-type=delivery-status",
        part("text/plain", "I'm sorry. Your mail to <sarah@acme.example> came to no good end."),
        part("message/delivery-status", f"Reporting-MTA: dns; mx.x.example\r\n\r\n{status}"),
        part(
            "message/rfc822", f"From: support@desk.example\r\nMessage-ID: {OURS}\r\nSubject: Re: Printer\r\n\r\nHello"
        ),
    )
    return raw(*headers, whole.split(b"\r\n", 1)[1])


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("Final-Recipient: rfc822; sarah@acme.example\r\nAction: failed\r\nStatus: 5.1.1", True),
        ("Final-Recipient: rfc822; sarah@acme.example\r\nAction: failed\r\nStatus: 4.4.7", True),
        ("Original-Recipient: rfc822;sarah@acme.example\r\nAction: delayed\r\nStatus: 4.4.1", False),
        ("Final-Recipient: rfc822; <sarah@acme.example>\r\nAction: error\r\nStatus: 5.0.0", True),
    ],
)
def test_delivery_reports_name_the_address_and_our_mail(status: str, permanent: bool) -> None:
    mail = read(report(status))
    assert (mail.is_bounce, mail.bounce_permanent) == (True, permanent)
    assert mail.bounce_addresses == ("sarah@acme.example",)
    assert mail.bounced_message_ids == (OURS,)
    assert mail.suppress_autoresponse
    assert not mail.is_auto_reply


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_good_news_is_no_bounce_and_gets_no_answer(action: str) -> None:
    mail = read(report(f"Final-Recipient: rfc822; sarah@acme.example\r\nAction: {action}\r\nStatus: 2.0.0"))
    assert (mail.is_bounce, mail.suppress_autoresponse) == (False, True)


HOME_MADE = [
    (
        raw(
            "From: MAILER-DAEMON",
            "Subject: failure notice",
            "",
            "Hi. This is the qmail-send program at x.example.",
            "I'm afraid I wasn't able to deliver your message to the following addresses.",
            "",
            "<sarah@acme.example>:",
            "Sorry, no mailbox here by that name. (#5.1.1)",
            "",
            "--- Below this line is a copy of the message.",
            "",
            f"Message-ID: {OURS}",
        )
    ),
    (
        raw(
            "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "X-Failed-Recipients: sarah@acme.example",
            "Subject: Delivery Status Notification (Failure)",
            "",
            "** Address not found **",
            "",
            f"Message-ID: {OURS}",
        )
    ),
    (
        raw(
            "From: postmaster@x.example",
            "Return-Path: <>",
            "Subject: Unzustellbar: Drucker",
            "",
            "Ihre Nachricht an sarah@acme.example wurde nicht zugestellt: 550 5.1.1 unbekannt",
            "",
            f"Message-ID: {OURS}",
        )
    ),
]


@pytest.mark.parametrize("data", HOME_MADE)
def test_bounces_of_other_shapes_are_bounces(data: bytes) -> None:
    mail = read(data)
    assert (mail.is_bounce, mail.bounce_permanent) == (True, True)
    assert mail.bounce_addresses == ("sarah@acme.example",)
    assert mail.bounced_message_ids == (OURS,)


def test_a_mere_delay_is_not_permanent() -> None:
    mail = read(
        raw(
            "From: Mail Delivery System <mailer-daemon@x.example>",
            "Subject: Warning: message delayed 24 hours",
            "",
            "This message was created automatically. It has not yet been delivered to sarah@acme.example.",
            "No action is required on your part; delivery attempts will continue.",
        )
    )
    assert (mail.is_bounce, mail.bounce_permanent) == (True, False)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Fwd: Undelivered Mail Returned to Sender", "I get this all the time, why?"),
        ("Re: Delivery Status Notification (Failure)", "It came back to me:\n550 5.1.1 <x@y.example> user unknown"),
        ("Delivery failure of my parcel", "The courier failed to deliver. My address is sarah@acme.example."),
        ("Mails to us come back", "They say: host mx.x.example said: 550 no such user here (sarah@acme.example)"),
    ],
)
def test_people_who_write_about_bounces_are_people(subject: str, body: str) -> None:
    mail = read(plain(body, f"Subject: {subject}", "Message-ID: <m@acme.example>", "Return-Path: <sarah@acme.example>"))
    assert not mail.is_bounce
    assert not mail.suppress_autoresponse


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: auto-replied",),
        ("Auto-Submitted: auto-replied (vacation)",),
        ("X-Autoreply: yes",),
        ("X-Autorespond: out",),
        ("Precedence: auto_reply",),
        ("Subject: Automatic reply: Printer",),
        ("Subject: Out of Office: Printer",),
        ("Subject: Automatische Antwort: Drucker",),
        ("Subject: Abwesenheitsnotiz: Drucker",),
        ("Subject: =?utf-8?Q?R=C3=A9ponse_automatique_:_Imprimante?=",),
        ("Subject: Respuesta automática: Impresora",),
        ("Subject: Risposta automatica: Stampante",),
        ("Subject: Automatisch antwoord: Printer",),
        ("Subject: Автоматический ответ: Принтер",),
        ("Subject: 自動応答: プリンター",),
        ("Subject: 自动回复: 打印机",),
    ],
)
def test_automatic_answers_are_recognised(headers: tuple[str, ...]) -> None:
    mail = read(plain("I am away.", *headers))
    assert (mail.is_auto_reply, mail.suppress_autoresponse, mail.is_bounce) == (True, True, False)


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-generated",
        "Precedence: bulk",
        "Precedence: list",
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
        "List-Id: Friends of printing <print.lists.example>",
        "List-Unsubscribe: <mailto:leave@lists.example>",
        "Return-Path: <>",
        "X-Loop: somewhere",
    ],
)
def test_machines_get_no_automatic_answer(header: str) -> None:
    mail = read(plain("News", header))
    assert (mail.is_auto_reply, mail.suppress_autoresponse) == (False, True)


@pytest.mark.parametrize(
    "address", ["noreply@x.example", "no-reply+1@x.example", "MAILER-DAEMON@x.example", "list-owner@x.example"]
)
def test_addresses_of_machines_get_no_automatic_answer(address: str) -> None:
    assert read(raw(f"From: {address}", "Subject: Hello", "", "x")).suppress_autoresponse


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Precedence: normal", "X-Auto-Response-Suppress: none", "X-Autoreply: no"]
)
def test_people_may_be_answered(header: str) -> None:
    mail = read(plain("Help!", header, "Subject: My printer is out of order"))
    assert (mail.is_auto_reply, mail.suppress_autoresponse, mail.is_bounce) == (False, False, False)


def test_read_receipts_are_neither_bounces_nor_answered() -> None:
    mail = read(
        multipart(
            "report; report-type=disposition-notification",
            part("text/plain", "Your mail was read."),
            part(
                "message/disposition-notification",
                "Final-Recipient: rfc822; sarah@acme.example\r\nDisposition: manual; displayed",
            ),
            headers=("Subject: Read: Printer",),
        )
    )
    assert (mail.is_bounce, mail.suppress_autoresponse) == (False, True)
