"""The customers' mail server is down, hangs, says 4xx and 5xx, and dies after the dot."""

from functools import partial

from tests.faults.away import Away
from tests.faults.conftest import long_form
from tests.faults.invariants import Books, check, settle
from tests.faults.traffic import Outside
from tests.house.processes import wait_until

TRIED = "SELECT count(*) FROM mail_outgoingmail WHERE state = 'QUEUED'"
SENDS_AT_ONCE = 4  # the threads of a worker


def test_a_server_with_bad_days_gets_each_mail_once(outside: Outside, away: Away, books: Books) -> None:
    number = outside.open_ticket()
    for mood in ("busy", "refuses people", "refuses", "dies after the dot"):
        away.mood, tries = mood, away.tries
        outside.reply(number)
        wait_until(partial(away.has_tried_since, tries), f"a try while it {mood}")
        wait_until(lambda: not books.number("SELECT count(*) FROM jobs_job WHERE status = 'RUNNING'"), "its end")
    away.mood = "well"
    away.down()
    outside.reply(number)
    wait_until(lambda: books.number(f"{TRIED} AND error LIKE '%refused%'"), "a try while it is down")
    away.up()
    settle(books, hurry=True)
    refused = books.rows("SELECT state, error FROM mail_outgoingmail WHERE state = 'FAILED' ORDER BY id")
    assert [(state, error.partition(" ")[0]) for state, error in refused] == [
        ("FAILED", "sarah@acme.example:"),
        ("FAILED", "550"),
    ]
    assert sorted(away.counts().values()) == [1, 1, 2]  # only what died after the dot came twice
    check(books, outside.ledger, away, repeats=1)


def test_a_server_that_hangs_holds_nothing_else_up(outside: Outside, away: Away, books: Books) -> None:
    away.mood = "hangs"
    number = outside.open_ticket()
    for _ in range(2 * SENDS_AT_ONCE):
        outside.reply(number)
    wait_until(away.holding.is_set, "a mail that hangs")
    marks = [outside.send_mail() for _ in range(3)]
    subjects = " OR ".join(f"subject LIKE '%{mark}%'" for mark in marks)
    wait_until(lambda: books.number(f"SELECT count(*) FROM desk_ticket WHERE {subjects}") == len(marks), "tickets")
    assert away.mood == "hangs"
    assert not away.taken
    away.mood = "well"
    settle(books, hurry=True)
    check(books, outside.ledger, away)


@long_form
def test_a_server_that_hangs_for_good_is_given_up_and_tried_again(outside: Outside, away: Away, books: Books) -> None:
    away.mood = "hangs"
    outside.reply(outside.open_ticket())
    wait_until(lambda: books.number(f"{TRIED} AND error LIKE '%timed out%'"), "an end of our patience")
    assert away.mood == "hangs"
    away.mood = "well"
    settle(books, hurry=True)
    assert list(away.counts().values()) == [1]
    check(books, outside.ledger, away)


def test_a_worker_killed_while_it_sends_sends_again_under_the_same_id(
    outside: Outside, away: Away, books: Books
) -> None:
    away.mood = "hangs"
    outside.reply(outside.open_ticket())
    wait_until(away.holding.is_set, "a mail that hangs")
    outside.house.kill("worker")
    away.mood = "well"
    outside.house.wait_until_ready()
    settle(books, hurry=True)
    assert list(away.counts().values()) == [1]
    check(books, outside.ledger, away)
