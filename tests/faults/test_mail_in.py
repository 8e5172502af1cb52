"""The same mail by many ways at once, and mails that nobody can read between good ones."""

from functools import partial

from tests.faults.away import Away
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import SUPPORT, Outside, at_once, mail

DELIVERIES = 8


def test_a_mail_delivered_eight_times_at_once_is_one_ticket(outside: Outside, away: Away, books: Books) -> None:
    """The same bytes by half of them; by the others with the lines that each server on the way adds."""
    mark = outside.ledger.mark("same")
    copies = [mail(mark, "sarah@acme.example")] * (DELIVERIES // 2)
    copies += [
        mail(mark, "sarah@acme.example", f"Received: from relay-{n}.example") for n in range(DELIVERIES - len(copies))
    ]
    at_once([partial(outside.deliver, copy) for copy in copies])()
    outside.ledger.mails.add(mark)
    settle(books)
    states: dict[str, int] = dict(books.rows("SELECT state, count(*) FROM mail_inboundmail GROUP BY 1"))
    assert states == {"DONE": 1, "DUPLICATE": DELIVERIES // 2}
    check(books, outside.ledger, away)


def poison() -> list[bytes]:
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000))
    return [
        b"\x00\xff\xfe" * 5000,
        b"Subject: nobody sent this\r\n\r\nmark-free\r\n",
        mail("mark-loop-00000", SUPPORT),  # from ourselves
        b"From: deep@customers.example\r\nSubject: deep\r\n" + deep,
        b"From: wide@customers.example\r\n" + b"X-Wide: " + b"a " * 300_000 + b"\r\n\r\nhello\r\n",
        b"From: =?utf-8?b?\xff\xff?= <@@@>\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe\r\n",
    ]


def test_good_mails_pass_between_poisoned_ones(outside: Outside, away: Away, books: Books) -> None:
    for bad in poison():
        outside.send_mail()
        outside.deliver(bad)
    outside.send_mail()
    settle(books, hurry=True)
    check(books, outside.ledger, away)
    assert books.number("SELECT count(*) FROM mail_inboundmail WHERE state = 'QUARANTINED'") >= 3
    assert not books.number("SELECT count(*) FROM desk_comment WHERE body_text LIKE '%mark-loop%'")
