"""What is measured: pages as people open them, answers as programs ask for them, and what both send."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from supportflow.accounts.models import Team, User
from supportflow.bench.browser import Answer, Browser, Program
from supportflow.bench.timing import Act
from supportflow.core import clock
from supportflow.crm.models import Company, Contact
from supportflow.desk.filters import TICKET_SORTS
from supportflow.desk.models import Category, Channel, Priority, Status, Ticket
from supportflow.loadgen.cast import TAGS
from supportflow.loadgen.words import VOCABULARY, word

SPREAD = 100  # tickets, contacts and companies that take turns: no cache holds what few people look at


def acts(browser: Browser, program: Program) -> dict[str, Act]:
    found = {name: browser.getting(path) for name, path in pages().items()}
    found["list, second page"] = _second_page(browser)
    found |= {f"{name}, any": _in_turn(browser.get, paths) for name, paths in _spread().items()}
    found |= {name: program.getting(path) for name, path in calls().items()}
    found["create a ticket by form"] = _by_form(browser)
    found["create a ticket by API"] = by_api(program)
    found["note by form"] = _note(browser)
    return found


def pages() -> dict[str, str]:
    """Each list with each filter and order, and one page of each kind; by name."""
    return {
        "list": "/tickets",
        "board": "/tickets?layout=board",
        **{f"list, {name}": f"/tickets?{query}" for name, query in _filters().items()},
        **{f"list by {sort}": f"/tickets?sort={sort}" for name in TICKET_SORTS for sort in (name, f"-{name}")},
        "ticket": some_ticket(),
        "contact": f"/contacts/{_middle(Contact)}",
        "company": f"/companies/{_middle(Company)}",
        "contacts": "/contacts",
        "companies": "/companies",
        **{f"search, {name}": f"/search?{query}" for name, query in _searches().items()},
    }


def _searches() -> dict[str, str]:
    """Words of the invented letters, by how many have them."""
    return {
        "a rare word": f"q={word(VOCABULARY - 7)}",
        "a common word": "q=invoice",
        "two words": "q=invoice+refund",
        "a slip": "q=inovice",
        "with filters": "q=invoice+status:open+assignee:me",
        "filters alone": "q=is:open+assignee:me",
    }


def calls() -> dict[str, str]:
    return {
        "search by API, a rare word": f"/api/search?q={word(VOCABULARY - 7)}",
        "API list": "/api/tickets",
        "API list, open": "/api/tickets?status=OPEN",
        "API ticket": f"/api{some_ticket()}",
        "API contacts": "/api/contacts",
        "API activities": "/api/activities",
    }


def some_ticket() -> str:
    return Ticket(pk=_middle(Ticket)).get_absolute_url()


def _filters() -> dict[str, str]:
    now = clock.now()
    week, month = (f"{now - timedelta(days=days):%Y-%m-%d}" for days in (7, 30))
    return {
        "my open": "assignee=me&status=OPEN&status=IN_PROGRESS",
        "unassigned": "assignee=none&status=OPEN&status=IN_PROGRESS&status=WAITING",
        "overdue": "overdue=true&sort=due_at",
        **{f"status {value}": f"status={value}" for value in Status},
        **{f"priority {value}": f"priority={value}" for value in Priority},
        **{f"category {value}": f"category={value}" for value in Category},
        **{f"channel {value}": f"channel={value}" for value in Channel},
        "one assignee": f"assignee={_some(User)}",
        "one team": f"team={_some(Team)}",
        "no team": "team=none",
        "one contact": f"contact={_middle(Contact)}",
        "one company": f"company={_middle(Company)}",
        "no company": "company=none",
        "one tag": f"tag={TAGS[0]}",
        "any status but closed": "not_status=CLOSED",
        "without a tag": f"not_tag={TAGS[0]}",
        "without any tag": "tagged=false",
        "no due date": "due=false",
        "not mine": "not_assignee=me",
        "starred": "starred=true",
        "created after": f"created_after={week}",
        "created before": f"created_before={month}",
        "updated after": f"updated_after={week}",
        "due before": f"due_before={week}",
        "trash": "trash=true",
        "an address": f"q={_address()}",
        "words of the subject": "q=invoice",
        "words of the subject that few have": f"q={word(VOCABULARY - 7)}",
        "text of a message": "text=invoice",
        "text of a message, my own": "text=invoice&assignee=me",
    }


def _middle(model: type[Ticket] | type[Contact] | type[Company]) -> int:
    return _near(model, 1, 2)


def _near(model: type[Ticket] | type[Contact] | type[Company], part: int, of: int) -> int:
    rows: QuerySet[Any] = model._default_manager.filter(deleted_at=None)
    if model is Ticket:
        rows = rows.exclude(team__is_private=True)  # which whoever measures may not see
    last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    return rows.filter(pk__gte=last * part // of).order_by("pk").values_list("pk", flat=True).first() or last


def _some(model: type[User] | type[Team]) -> int:
    """Somebody, or some team, with tickets."""
    held = Ticket.objects.filter(**{f"{'assignee' if model is User else 'team'}__isnull": False})
    return held.values_list("assignee" if model is User else "team", flat=True).first() or 0


def _address() -> str:
    return Contact.objects.get(pk=_middle(Contact)).emails.values_list("address", flat=True).first() or ""


def _spread() -> dict[str, list[str]]:
    return {
        "ticket": [Ticket(pk=_near(Ticket, part, SPREAD)).get_absolute_url() for part in range(SPREAD)],
        "contact": [f"/contacts/{_near(Contact, part, SPREAD)}" for part in range(SPREAD)],
        "company": [f"/companies/{_near(Company, part, SPREAD)}" for part in range(SPREAD)],
    }


def _in_turn(get: Callable[[str], Answer], paths: list[str]) -> Act:
    turns = itertools.cycle(paths)
    return lambda: get(next(turns)).took


def _second_page(browser: Browser) -> Act:
    html = browser.get("/tickets").text
    link = html.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    return browser.getting(link or "/tickets")


def _by_form(browser: Browser) -> Act:
    fields = {"contact": f"#{_middle(Contact)}", "subject": "Measured by a form", "body": "It takes a while."}
    rest = {"priority": "MEDIUM", "category": "QUESTION", "channel": "PHONE"}
    return lambda: browser.send("/tickets/new", "/tickets/new", fields | rest)


def by_api(program: Program) -> Act:
    data = {"subject": "Measured by a program", "contact_id": _middle(Contact), "description": "It takes a while."}
    return lambda: program.post("/api/tickets", data)


def _note(browser: Browser) -> Act:
    page = some_ticket()
    return lambda: browser.send(page, f"{page}/comments", {"kind": "note", "body": "A note, measured."})
