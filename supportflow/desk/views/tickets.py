"""One ticket: its page, its fields, its conversation, the trash."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.accounts.models import Team, User
from supportflow.core import clock
from supportflow.core.filtering import is_id
from supportflow.core.models import Activity, Versioned
from supportflow.crm.models import ContactEmail
from supportflow.desk.content import Content
from supportflow.desk.drafts import drafts_of
from supportflow.desk.filters import ticket_number
from supportflow.desk.forms import CommentForm, EditForm, NewTicketForm, TicketForm, named
from supportflow.desk.models import SETTLED, Category, Comment, Priority, Status, Ticket
from supportflow.desk.operations import (
    create_ticket,
    edit_ticket,
    restore_ticket,
    trash_ticket,
)
from supportflow.desk.queries import files_of, further_contacts_of, tags_of, tickets_seen_by, who_see, with_marks
from supportflow.desk.timeline import SHOWN, activities_of, comments_of, story
from supportflow.fields.queries import fields_of
from supportflow.files.models import Attachment
from supportflow.pages.once import Done, done_before, once, tell
from supportflow.pages.words import choices

require_page = require_http_methods(["GET", "HEAD", "POST"])


def find(request: ActingRequest, number: str, *, whole: bool = False) -> Ticket:
    """The ticket of an address like T-0001, t-1 or 1; 404 where there is none that this person sees."""
    pk = ticket_number(number)
    if pk is None:
        raise Http404
    asked = tickets_seen_by(request.actor)
    if whole:
        found: list[Ticket] = asked.rows("whole", seen=_whole, given=[pk, request.actor.pk])
    else:
        found = asked.rows("one", seen=_one, given=[pk])
    if not found:
        raise Http404
    return found[0]


# What the page shows of others. To ask for all their columns would cost as much as another query.
_RELATED = {
    "contact": ("first_name", "last_name", "title", "phone", "lead_score", "lead_status"),
    "company": ("name", "industry", "size", "health_score"),
    "assignee": ("name",),
    "team": ("name", "is_private"),
    "created_by": ("name",),
    "merged_into": ("subject", "team"),
}
_COLUMNS = [field.name for field in Ticket._meta.concrete_fields]
_COLUMNS += [f"{relation}__{column}" for relation, columns in _RELATED.items() for column in columns]


def _one(rows: QuerySet[Ticket], pk: int) -> QuerySet[Ticket]:
    return rows.filter(pk=pk)


def _whole(rows: QuerySet[Ticket], pk: int, user: int) -> QuerySet[Ticket]:
    """With the requester's address (`email`) and the user's own marks (`queries.MARKS`)."""
    address = ContactEmail.objects.filter(contact=OuterRef("contact"), is_primary=True).values("address")[:1]
    whole = _one(rows, pk).select_related(*_RELATED).only(*_COLUMNS)
    return with_marks(whole.annotate(email=Subquery(address)), user)


@login_required
@require_safe
def ticket(request: ActingRequest, number: str) -> HttpResponse:
    pk = ticket_number(number)
    if pk is not None and number != Ticket(pk=pk).number:
        return redirect(Ticket(pk=pk))
    return ticket_page(request, number)


def ticket_page(request: ActingRequest, number: str, status: int = 200, **context: Any) -> HttpResponse:
    """The whole page; with errors of a form it is what the form's address answers."""
    row = find(request, number, whole=True)
    before = request.GET.get("before", "")
    comments = comments_of(row, int(before) if is_id(before) else None)
    activities = activities_of(row, comments)
    drafts = drafts_of(row.pk, request.actor.pk)
    known = {
        "ticket": row,
        "older": comments[1].pk if len(comments) > SHOWN else None,
        "entries": story(comments[-SHOWN:], activities),
        "files": files_of(comments),
        "tags": tags_of([row.pk]).get(row.pk, []),
        "further": further_contacts_of([row.pk]).get(row.pk, []),
        "news": _first_news(row, comments[-SHOWN:], request.actor),
        "shown_images": request.session.get("images", ()),
        "read": comments[-1].pk if comments and not before else None,
        "form": CommentForm(initial=drafts.initial()),
        "drafts": drafts,
        "max_file_bytes": settings.MAX_FILE_BYTES,
        "fields": None,
        "custom_fields": fields_of("ticket"),
        "customer": named(row.contact),
        "now": clock.now(),
        "settled": row.status in SETTLED,
        "statuses": choices(Status),
        "priorities": choices(Priority)[::-1],
        "categories": choices(Category),
        "moves": [str(move) for move in row.moves],
    }
    return render(request, "desk/ticket.html", {**known, **context}, status=status)


def _first_news(row: Any, comments: list[Comment], user: User) -> int | None:
    """The first comment by somebody else since the user last looked; None where nothing is new, or all of it."""
    if row.seen_at is None:
        return None
    return next((one.pk for one in comments if one.created_at > row.seen_at and one.author_user_id != user.pk), None)


@login_required
@require_POST
def fields(request: ActingRequest, number: str) -> HttpResponse:
    """Change what the form sent, and nothing else."""
    row = find(request, number)
    kind = EditForm if "with_custom" in request.POST else TicketForm
    form = kind(request.POST, actor=request.actor, auto_id="field_%s")
    if form.is_valid():
        with form.told():
            values = form.values(request.actor)
            changed = edit_ticket(row, seen=form.cleaned_data["seen"], by=request.actor, **values)
            if changed.version != row.version:
                text = _("%(number)s changed") % {"number": changed.number}
                messages.success(request, text, extra_tags=undo_tag(changed, request.actor))
    if form.errors:
        return ticket_page(request, number, 422, fields=form)
    return redirect(row)


def undo_tag(row: Versioned, by: User) -> str:
    """For a toast: what takes back the act that changed the row last, where it is this person's own."""
    of_row = Activity.objects.filter(subject_type=row._meta.model_name, subject_id=row.pk)
    newest = of_row.filter(subject_version=row.version).last()
    return f"undo-{newest.batch_id}" if newest and newest.actor_id == by.pk else ""


@login_required
@require_safe
def menu(request: ActingRequest, number: str, what: str) -> HttpResponse:
    """The choices for assignee or team, fetched when somebody opens the menu."""
    row = find(request, number)
    if what == "assignee":
        people = who_see(row, User.objects.at_work().order_by("name"))
        return render(request, "desk/_people_menu.html", {"ticket": row, "people": people, "me": request.actor.pk})
    teams = Team.objects.known_to(request.actor)
    return render(request, "desk/_teams_menu.html", {"ticket": row, "teams": list(teams)})


@login_required
@require_page
def edit(request: ActingRequest, number: str) -> HttpResponse:
    """All fields on one page."""
    row = find(request, number, whole=True)
    if request.method != "POST":
        form = EditForm.of(row, row.further_contacts.all(), request.actor)
        return render(request, "desk/edit.html", {"ticket": row, "form": form})
    form = EditForm(request.POST, actor=request.actor)
    if form.is_valid():
        with form.told():
            values = form.values(request.actor)
            edit_ticket(row, seen=form.cleaned_data["seen"], by=request.actor, **values)
    if form.errors:
        return render(request, "desk/edit.html", {"ticket": row, "form": form}, status=422)
    messages.success(request, _("%(number)s saved") % {"number": row.number})
    return redirect(row)


@login_required
@require_POST
def trash(request: ActingRequest, number: str) -> HttpResponse:
    """Into the trash, or with `restore` out of it."""
    row = find(request, number)
    if "restore" in request.POST:
        restore_ticket(row, by=request.actor)
        messages.success(request, _("%(number)s restored") % {"number": row.number})
        return redirect(row)
    trash_ticket(row, by=request.actor)
    messages.success(request, _("%(number)s moved to the trash") % {"number": row.number})
    return redirect("tickets")


@login_required
@require_page
def new(request: ActingRequest) -> HttpResponse:
    if request.method != "POST":
        given = request.GET.get("contact", "")[:20]
        form = NewTicketForm(actor=request.actor, initial={"contact": f"#{given}" if given else ""})
        return render(request, "desk/new.html", {"form": form})
    form = NewTicketForm(request.POST, request.FILES, actor=request.actor)
    done = done_before(request)
    if done is None and form.is_valid():
        with form.told():
            files = form.attachments(request.actor)
            done = once(request, lambda: _created(form, files, request.actor))
    if done is None:
        return render(request, "desk/new.html", {"form": form}, status=form.answers_with)
    return tell(request, done)


def _created(form: NewTicketForm, files: list[Attachment], by: User) -> Done:
    """A new customer and their ticket come together or not at all: `once` is one transaction."""
    data = form.cleaned_data
    content = Content.from_markdown(data["body"]) if data["body"].strip() else None
    contact = form.requester(by)
    row = create_ticket(data["subject"], contact, content, **form.values(), attachments=files, by=by)
    return Done(row.get_absolute_url(), _("%(number)s created") % {"number": row.number}, "sent-text")
