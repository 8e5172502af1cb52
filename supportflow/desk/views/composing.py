"""What the composer asks of the server while somebody writes: keep the draft, its files, show what it will be."""

from collections import Counter
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import User
from supportflow.core.errors import DomainError, Invalid, Refused
from supportflow.core.middleware import STATUS
from supportflow.crm.forms import words
from supportflow.desk.content import Content
from supportflow.desk.draft_models import Draft
from supportflow.desk.forms import CommentForm, store
from supportflow.desk.mentions import mentions_in
from supportflow.desk.operations import attach_to_draft, discard_draft, keep_draft
from supportflow.desk.queries import File, who_see
from supportflow.desk.recipients import recipients_of_reply
from supportflow.desk.views.tickets import find
from supportflow.files.operations import TooLarge

SHOWN = 200
View = Callable[..., HttpResponse]


def told_in_json(view: View) -> View:
    """For scripts: what goes wrong is a message in JSON."""

    @wraps(view)
    def answer(request: ActingRequest, number: str) -> HttpResponse:
        try:
            return view(request, number)
        except DomainError as error:
            known = next(status for kind, status in STATUS.items() if isinstance(error, kind))
            status = 413 if isinstance(error, TooLarge) else known
            return JsonResponse({"code": error.code, "message": str(error)}, status=status)

    return answer


@login_required
@require_POST
@told_in_json
def draft(request: ActingRequest, number: str) -> HttpResponse:
    """Keep what was typed. Answers with the draft's stamp; with 409 and the text where it was written on elsewhere."""
    row, sent = find(request, number), request.POST
    form, kind = CommentForm(sent), sent.get("kind", "")
    values = {name: sent.get(name, "") for name in (("body", "cc", "bcc") if kind == "reply" else ("body",))}
    try:
        kept = keep_draft(
            row, kind, **values, file_ids=form.kept_numbers(), seen=sent.get("seen", ""), by=request.actor
        )
    except Refused as error:
        mine = Draft.objects.begun().filter(ticket=row, user=request.actor.pk, kind=kind).first()
        found = {"seen": mine.stamp if mine else "", "body": mine.body if mine else ""}
        return JsonResponse({"code": error.code, "message": str(error), **found}, status=409)
    return JsonResponse({"seen": kept.stamp if kept else ""})


@login_required
@require_POST
@told_in_json
def upload(request: ActingRequest, number: str) -> HttpResponse:
    """A file joins the draft. Answers with the mark that stands for it in the composer."""
    row, kind = find(request, number), request.POST.get("kind", "")
    form = CommentForm({"kind": kind}, request.FILES)
    if not form.is_valid() or not form.cleaned_data["uploads"]:
        raise Invalid({"uploads": _("Choose a file, and whether it is for a reply or a note.")})
    file = store(form.cleaned_data["uploads"][0], request.actor)
    kept = attach_to_draft(row, kind, file, by=request.actor)
    shown = File(file.pk, file.name, file.size, file.content_type)
    html = render_to_string("desk/_draft_file.html", {"file": shown, "kind": kind}, request=request)
    return JsonResponse({"html": html, "seen": kept.stamp}, status=201)


@login_required
@require_POST
def preview(request: ActingRequest, number: str) -> HttpResponse:
    """A text as it would stand in the conversation."""
    row = find(request, number)
    try:
        content = Content.from_markdown(request.POST.get("body", ""))
    except Invalid as error:
        return render(request, "desk/_text_preview.html", {"html": "", "problem": str(error)})
    called = mentions_in(content, row)
    context = {"html": called.content.html, "problem": called.problem()}
    return render(request, "desk/_text_preview.html", context)


@login_required
@require_safe
def recipients(request: ActingRequest, number: str) -> HttpResponse:
    """Who will get the reply, with what is unusual about each."""
    row = find(request, number, whole=True)
    cc, bcc = (words(request.GET.get(name, "")) for name in ("cc", "bcc"))
    return render(request, "desk/_recipients.html", {"ticket": row, "recipients": recipients_of_reply(row, cc, bcc)})


@login_required
@require_safe
def colleagues(request: ActingRequest, number: str) -> HttpResponse:
    """Whom one may call in a text about this ticket."""
    row = find(request, number)
    people = who_see(row, User.objects.at_work().order_by("name", "pk"))
    namesakes = Counter(user.name.casefold() for user in people)
    rows = [(user, f"{user.name} #{user.pk}" if namesakes[user.name.casefold()] > 1 else user.name) for user in people]
    return render(request, "desk/_mention_menu.html", {"people": rows})


@login_required
@require_safe
def drafts(request: ActingRequest) -> HttpResponse:
    """All that somebody has begun, newest first; also on a ticket that they may not see any more."""
    rows = Draft.objects.filter(user=request.actor.pk).select_related("ticket").order_by("-updated_at")[:SHOWN]
    return render(
        request, "desk/drafts.html", {"drafts": [(row, row.ticket.is_visible_to(request.actor)) for row in rows]}
    )


@login_required
@require_POST
def discard(request: ActingRequest, pk: int) -> HttpResponse:
    """Throw a draft of one's own away."""
    discard_draft(get_object_or_404(Draft, pk=pk, user=request.actor.pk), by=request.actor)
    messages.success(request, _("Draft discarded"))
    return redirect("drafts")
