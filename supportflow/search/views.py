"""The page of the search, and what is suggested while somebody types."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.filtering import MAX_Q, Reader, refuse_unknown
from supportflow.core.text import tidy_line
from supportflow.desk.views.tickets import find as find_ticket
from supportflow.pages.jinja import href
from supportflow.pages.lists import Chip
from supportflow.pages.numbers import whole
from supportflow.search.finding import MOST, Found, find
from supportflow.search.language import Fault, Query, parse
from supportflow.search.models import Kind
from supportflow.search.results import results
from supportflow.search.similar import similar_to

PER_PAGE = 25
SUGGESTED = 8
PARAMS = ("q", "type", "page")
EXAMPLES = (
    ("invoice refund", later("both words, in whatever order")),
    ('"not working"', later("these words side by side")),
    ("login -password", later("without a word")),
    ("inv*", later("words that begin so")),
    ("T-0042", later("a ticket by its number")),
    ("refund status:open assignee:me", later("in my open tickets")),
    ("is:note from:me after:7d", later("my notes of the last week")),
    ("crash tag:vip before:2026-01", later("with a tag, before a month")),
    ("in:contacts sarah", later("contacts alone")),
)


@login_required
@require_safe
def search(request: ActingRequest) -> HttpResponse:
    q, kind, number = _asked(request)
    query, found = _find(q, request)
    hits = found.of(kind)
    start = (number - 1) * PER_PAGE
    context = {
        "q": q,
        "results": results(hits[start : start + PER_PAGE], found.wanted, request.actor),
        "tabs": _tabs(q, kind, found),
        "chips": _chips(q, query, kind),
        "faults": _faults(q, found),
        "also": found.also,
        "examples": EXAMPLES,
        "previous": href("/search", q=q, type=_word(kind), page=number - 1) if number > 1 else None,
        "next": href("/search", q=q, type=_word(kind), page=number + 1) if len(hits) > start + PER_PAGE else None,
    }
    return render(request, "search/search.html", context, status=422 if found.narrowed.faults else 200)


@login_required
@require_safe
def suggestions(request: ActingRequest) -> HttpResponse:
    """The best few; nothing for what cannot be understood (yet)."""
    q, _kind, _number = _asked(request)
    q = _meant(q)
    _query, found = _find(q, request)
    context = {"q": q, "results": results(found.hits[:SUGGESTED], found.wanted, request.actor), "also": found.also}
    return render(request, "search/_suggestions.html", context)


@login_required
@require_safe
def ticket_options(request: ActingRequest) -> HttpResponse:
    """Tickets by number or by words, for the list under an input; nothing for what cannot be understood (yet)."""
    typed = tidy_line(str(next(iter(request.GET.values()), "")))[:MAX_Q]
    _query, found = _find(f"in:tickets {typed}", request)
    hits = found.of(Kind.TICKET)[:SUGGESTED] if typed else []
    return render(request, "search/_ticket_options.html", {"tickets": results(hits, found.wanted, request.actor)})


@login_required
@require_safe
def similar(request: ActingRequest, number: str) -> HttpResponse:
    """For a card on the ticket's page."""
    ticket = find_ticket(request, number)
    return render(request, "desk/_brief.html", {"tickets": similar_to(ticket, request.actor)})


def _meant(q: str) -> str:
    """The palette of commands begins with a sign for what is sought (static/js/palette)."""
    scope = {"#": "in:tickets", "@": "in:contacts", ">": ""}.get(q[:1])
    if scope is None:
        return q
    return f"{q[1:].strip()} {scope}" if scope and q[1:].strip() else ""


def _asked(request: ActingRequest) -> tuple[str, Kind | None, int]:
    """What is searched for, of which kind, and which page of it. Raises Invalid."""
    refuse_unknown(request.GET, PARAMS)
    read = Reader({name: request.GET.getlist(name) for name in request.GET})
    kind, number = read.one("type") or "", read.one("page") or "1"
    types = {_word(kind): kind for kind in Kind}
    if kind and kind not in types:
        read.errors["type"] = _("Use one of: %(known)s.") % {"known": ", ".join(types)}
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= MOST * len(Kind) // PER_PAGE + 1):
        read.errors["page"] = _("There is no such page.")
    read.errors.pop("q", None)
    read.done()
    return tidy_line(" ".join(request.GET.getlist("q"))), types.get(kind), int(number[:4])


def _find(q: str, request: ActingRequest) -> tuple[Query, Found]:
    if len(q) > MAX_Q:
        told = _("This is %(length)s characters long; a search takes at most %(most)s.")
        query = Query(faults=(Fault("", told % {"length": len(q), "most": MAX_Q}),))
    else:
        query = parse(q)
    return query, find(query, request.actor)


def _word(kind: Kind | None) -> str:
    return kind.name.lower() if kind else ""


def _tabs(q: str, chosen: Kind | None, found: Found) -> list[tuple[StrOrPromise, str, bool, str | None]]:
    """(words, address, whether it is this one, how many)."""
    words: dict[Kind | None, StrOrPromise] = {
        None: pgettext("results", "All"),
        Kind.TICKET: _("Tickets"),
        Kind.COMMENT: _("Comments"),
        Kind.CONTACT: _("Contacts"),
        Kind.COMPANY: _("Companies"),
    }
    return [
        (told, href("/search", q=q, type=_word(kind)), kind == chosen, _counted(found, kind))
        for kind, told in words.items()
    ]


def _counted(found: Found, kind: Kind | None) -> str:
    """Exact up to a thousand of each kind."""
    counts = [found.counts.get(one, 0) for one in ([kind] if kind else Kind)]
    total = sum(min(count, MOST - 1) for count in counts)
    return _("%(n)s+") % {"n": whole(total)} if MOST in counts else whole(total)


def _chips(q: str, query: Query, kind: Kind | None) -> list[Chip]:
    return [
        Chip(
            f"{_('not') if one.excluded else ''} {one.name}".strip(),
            ", ".join(one.values),
            href("/search", q=_without(q, one.text), type=_word(kind)),
        )
        for one in query.filters
    ]


def _without(q: str, part: str, instead: str = "") -> str:
    return " ".join(q.replace(part, instead, 1).split()) if part else q


def _faults(q: str, found: Found) -> list[dict[str, Any]]:
    return [
        {
            "part": fault.part,
            "message": fault.message,
            "instead": fault.instead,
            "mended": href("/search", q=_without(q, fault.part, fault.instead)) if fault.instead else "",
            "left_out": href("/search", q=_without(q, fault.part)) if fault.part else "",
        }
        for fault in found.narrowed.faults
    ]
