"""The page of outgoing mails: what is on its way, what failed, what is kept because no SMTP server is set."""

import email
from email.message import EmailMessage
from email.policy import default

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.filtering import Reader
from supportflow.core.paging import page
from supportflow.desk.models import Ticket
from supportflow.mail.models import OutgoingMail, OutgoingState
from supportflow.mail.operations import retry_outgoing
from supportflow.mail.queries import outgoing_mails
from supportflow.mail.source import as_file
from supportflow.pages import lists
from supportflow.pages.words import choices

SORTS = {"created_at": "created_at"}


@login_required
@require_safe
def outgoing(request: ActingRequest) -> HttpResponse:
    request.actor.must("outbox.view")
    params = lists.given(request, {"state"})
    read, at = Reader(params), lists.place(params, "-created_at")
    states = read.members("state", OutgoingState)
    read.done()
    rows = outgoing_mails(request.actor)
    found = page(
        rows.filter(state__in=states) if states else rows,
        sort=at.sort,
        allowed=SORTS,
        limit=lists.PER_PAGE,
        cursor=at.cursor,
    )
    context = {
        "page": found,
        "params": params,
        "chips": lists.chips(request, params, {"state": _("State is")}, {}),
        "states": choices(OutgoingState),
        "numbers": _numbers(found.items),
        "keeps": not settings.EMAIL_URL,
    }
    return render(request, "mail_pages/outgoing.html", context)


@login_required
@require_safe
def outgoing_mail(request: ActingRequest, pk: int) -> HttpResponse:
    mail = _find(request, pk)
    raw = _bytes(mail)
    message = email.message_from_bytes(raw, policy=default) if raw else None
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    context = {
        "mail": mail,
        "number": _numbers([mail]).get(mail.ticket_id or 0, ""),
        "text": body.get_content() if body is not None else "",
        "has_bytes": raw is not None,
    }
    return render(request, "mail_pages/outgoing_mail.html", context)


@login_required
@require_safe
def outgoing_raw(request: ActingRequest, pk: int) -> HttpResponse:
    """The message as it is, for a mail program."""
    mail = _find(request, pk)
    raw = _bytes(mail)
    if raw is None:
        raise Http404
    return as_file(raw, mail.file_name)


@login_required
@require_POST
def outgoing_retry(request: ActingRequest, pk: int) -> HttpResponse:
    retry_outgoing(_find(request, pk), by=request.actor)
    messages.success(request, _("The mail is on its way again"))
    return redirect("outgoing_mail", pk)


def _find(request: ActingRequest, pk: int) -> OutgoingMail:
    request.actor.must("outbox.view")
    return get_object_or_404(outgoing_mails(request.actor), pk=pk)


def _bytes(mail: OutgoingMail) -> bytes | None:
    """As it was kept, or as the system wrote it; None for a comment's mail that a server took."""
    kept = settings.DATA / "outgoing" / mail.file_name
    if mail.state == OutgoingState.KEPT and kept.is_file():
        return kept.read_bytes()
    return bytes(mail.raw) if mail.raw is not None else None


def _numbers(mails: list[OutgoingMail]) -> dict[int, str]:
    """The names of the tickets that are still there, by their keys."""
    wanted = {mail.ticket_id for mail in mails if mail.ticket_id}
    return {ticket.pk: ticket.number for ticket in Ticket.objects.filter(pk__in=wanted).only("pk")} if wanted else {}
