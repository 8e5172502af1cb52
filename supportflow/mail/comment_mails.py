"""The mail that a comment came as: its source to look at, or the file."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.desk.comment_menu import Offer, offers
from supportflow.desk.models import Comment
from supportflow.desk.views.comments import comment_of
from supportflow.mail.models import InboundMail
from supportflow.mail.queries import mail_of
from supportflow.mail.source import as_file, opening_of

SHOWN = 200_000  # bytes; the file has all of them


@offers
def raw_mail(comment: Comment) -> Offer | None:
    mail = mail_of(comment)
    return Offer("code", _("Show the raw mail"), f"/comments/{comment.pk}/mail") if mail else None


@login_required
@require_safe
def source(request: ActingRequest, pk: int) -> HttpResponse:
    comment, mail = _find(request, pk)
    text, is_whole = opening_of(mail, SHOWN)
    context = {"comment": comment, "ticket": comment.ticket, "mail": mail, "source": text, "is_whole": is_whole}
    return render(request, "mail_pages/source.html", context)


@login_required
@require_safe
def file(request: ActingRequest, pk: int) -> HttpResponse:
    comment, mail = _find(request, pk)
    return as_file(bytes(mail.raw.content), f"{comment.ticket.number}-{comment.pk}.eml")


def _find(request: ActingRequest, pk: int) -> tuple[Comment, InboundMail]:
    comment = comment_of(request, pk)
    mail = mail_of(comment)
    if mail is None:
        raise Http404
    return comment, mail
