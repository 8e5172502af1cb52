from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from supportflow.accounts.models import Team, User
from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid, Unavailable
from supportflow.crm.forms import company_id, words
from supportflow.crm.models import Contact
from supportflow.crm.operations import contact_for_address
from supportflow.crm.queries import contact_meant, typed_address
from supportflow.desk.models import Category, Priority, Status, Ticket
from supportflow.fields.forms import PREFIX, CustomFields
from supportflow.files.models import Attachment
from supportflow.files.operations import TooLarge, keep_file, loose_files, store_bytes
from supportflow.pages.forms import PageForm
from supportflow.pages.words import choices

LOCAL_TIME = "%Y-%m-%dT%H:%M"  # what <input type=datetime-local> speaks


class ManyFiles(forms.FileField):
    """Several files of one input; an empty list where none was chosen."""

    widget = type("ManyFilesInput", (forms.FileInput,), {"allow_multiple_selected": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        return [super(ManyFiles, self).clean(one, initial) for one in data or [] if one]


class Uploads(PageForm):
    """A form with files. They are stored before the operation; a form that comes back still has them under `kept`."""

    uploads = ManyFiles(label=_("Files"), required=False, widget=ManyFiles.widget())

    def attachments(self, actor: Actor) -> list[Attachment]:
        """All files of this form, old and new; raises Invalid naming `uploads`."""
        try:
            new = [store(file, actor) for file in self.cleaned_data["uploads"]]
        except TooLarge:
            self.answers_with = 413
            raise
        except Unavailable as error:
            self.answers_with = 503
            raise Invalid({"uploads": error.message}) from error
        self.kept = loose_files([*self.kept_numbers(), *(file.pk for file in new)], by=actor)
        return self.kept

    def kept_numbers(self) -> list[int]:
        return [int(pk) for pk in self.kept_ids() if pk.isascii() and pk.isdigit() and len(pk) < 19]

    def kept_ids(self) -> list[str]:
        return self.data.getlist("kept") if hasattr(self.data, "getlist") else []

    kept: list[Attachment] = []


def store(file: UploadedFile[bytes], actor: Actor) -> Attachment:
    try:
        sha256, size = store_bytes(file)
    except TooLarge as error:
        raise TooLarge({"uploads": f"{file.name}: {error}"}) from None
    return keep_file(file.name or "file", sha256, size, content_type=file.content_type or "", by=actor)


class CommentForm(Uploads):
    """A reply or a note. `then` is the status to set after a reply."""

    kind = forms.ChoiceField(choices=[("reply", _("Reply")), ("note", _("Note"))])
    body = forms.CharField(label=_("Message"), widget=forms.Textarea, required=False, strip=False)
    cc = forms.CharField(label=_("Cc"), required=False)
    bcc = forms.CharField(label=_("Bcc"), required=False)
    then = forms.ChoiceField(required=False, choices=choices(Status, ""))
    # A macro that was chosen for it, as it was then, and those of its changes that are wanted.
    macro = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    macro_version = forms.IntegerField(required=False)
    # The newest message that was on the page when somebody began to write.
    read = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    def read_before_reply(self) -> int | None:
        return self.cleaned_data["read"] if self.cleaned_data["kind"] == "reply" else None

    def steps(self) -> list[str]:
        return self.data.getlist("change") if hasattr(self.data, "getlist") else []

    def cc_addresses(self) -> list[str]:
        return words(self.cleaned_data["cc"])

    def bcc_addresses(self) -> list[str]:
        return words(self.cleaned_data["bcc"])

    def kept_ids(self) -> list[str]:
        """Of this kind alone: what was meant for colleagues goes to no customer."""
        known = self.data.getlist(f"kept_{self.data.get('kind', '')}") if hasattr(self.data, "getlist") else []
        return [*super().kept_ids(), *known]


class SeenTeams(PageForm):
    """Offers the teams that this person knows of."""

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Team.objects.known_to(actor)


class TicketForm(SeenTeams):
    """Some or all fields of a ticket: what the form did not send stays as it is. `seen` is the version it showed."""

    subject = forms.CharField(label=_("Subject"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=choices(Status))
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=choices(Priority))
    category = forms.ChoiceField(label=_("Category"), required=False, choices=choices(Category))
    contact = forms.CharField(
        label=_("Customer"), required=False, help_text=_("A name, an address, or # and a number.")
    )
    company = forms.CharField(label=_("Company"), required=False)
    further = forms.CharField(
        label=_("Copied in"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Further contacts who get the public comments. One a line."),
    )
    assignee = forms.ModelChoiceField(
        User.objects.at_work().order_by("name"), label=_("Assignee"), required=False, empty_label=_("No one")
    )
    team = forms.ModelChoiceField(Team.objects.order_by("name"), label=_("Team"), required=False, empty_label=_("None"))
    due_at = forms.DateTimeField(
        label=_("Due"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL_TIME),
        input_formats=[LOCAL_TIME, "%Y-%m-%dT%H:%M:%S"],
    )
    tags = forms.CharField(label=_("Tags"), required=False, help_text=_("Names with commas between them."))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self, actor: Actor) -> dict[str, Any]:
        """What edit_ticket takes, of the fields that were sent; raises Invalid."""
        sent = {name: self.cleaned_data[name] for name in TicketForm.base_fields if name in self.data}
        sent.pop("seen", None)
        values: dict[str, Any] = {
            name: sent.pop(name) for name in ("subject", "status", "priority", "category", "due_at") & sent.keys()
        }
        for name in ("assignee", "team") & sent.keys():
            values[f"{name}_id"] = sent[name].pk if sent[name] else None
        if "contact" in sent:
            values["contact_id"] = _known_contact(sent["contact"], actor, "contact").pk
        if "company" in sent:
            values["company_id"] = company_id(sent["company"], actor)
        if "tags" in sent:
            values["tags"] = words(sent["tags"])
        if "further" in sent:
            lines = [line.strip() for line in sent["further"].splitlines() if line.strip()]
            values["further_contact_ids"] = [_known_contact(line, actor, "further").pk for line in lines]
        return values

    @classmethod
    def of(cls, ticket: Ticket, further: Iterable[Contact], actor: User) -> "TicketForm":
        return cls(
            actor=actor,
            initial={
                **{name: getattr(ticket, name) for name in ("subject", "status", "priority", "category", "due_at")},
                "assignee": ticket.assignee_id,
                "team": ticket.team_id,
                "contact": named(ticket.contact),
                "company": f"{ticket.company.name} #{ticket.company_id}" if ticket.company else "",
                "further": "\n".join(named(contact) for contact in further),
                "tags": ", ".join(tag.name for tag in ticket.tags.all()),
                "seen": ticket.version,
            },
        )


class EditForm(CustomFields, TicketForm):
    """With the custom fields; `with_custom` says that they were sent: a box without a tick sends nothing."""

    model = "ticket"
    with_custom = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)

    def values(self, actor: Actor) -> dict[str, Any]:
        custom = {"custom": self.custom_values()} if self.cleaned_data["with_custom"] else {}
        return {**super().values(actor), **custom}

    @classmethod
    def of(cls, ticket: Ticket, further: Iterable[Contact], actor: User) -> "EditForm":
        plain = TicketForm.of(ticket, further, actor).initial
        custom = {f"{PREFIX}{slug}": value for slug, value in ticket.custom.items()}
        return cls(actor=actor, initial={**plain, **custom, "with_custom": True})


class NewTicketForm(SeenTeams, Uploads):
    contact = forms.CharField(
        label=_("Customer"),
        help_text=_("A name or an address that you know. A new customer: Name <name@example.com>."),
    )
    subject = forms.CharField(label=_("Subject"))
    body = forms.CharField(label=_("Message"), widget=forms.Textarea(attrs={"rows": 6}), required=False, strip=False)
    outbound = forms.BooleanField(
        label=_("I write to the customer"),
        required=False,
        help_text=_(
            "The message is yours and is mailed. Otherwise it is what the customer told you, and nothing is sent."
        ),
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=choices(Priority), initial=Priority.MEDIUM)
    category = forms.ChoiceField(label=_("Category"), choices=choices(Category), initial=Category.QUESTION)
    channel = forms.ChoiceField(label=_("Came by"), choices=choices(("WEB", "PHONE", "EMAIL")), initial="WEB")
    assignee = TicketForm.base_fields["assignee"]
    team = TicketForm.base_fields["team"]
    due_at = TicketForm.base_fields["due_at"]
    tags = TicketForm.base_fields["tags"]

    def requester(self, actor: Actor) -> Contact:
        """Whoever was typed; somebody new where it is an address that nobody has. Raises Invalid."""
        typed = self.cleaned_data["contact"]
        if found := contact_meant(typed, actor):
            return found
        name, address = typed_address(typed)
        if address:
            return contact_for_address(address, name, by=actor)
        raise Invalid({"contact": now("Nobody has this name. Add the address too: Name <name@example.com>.")})

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            **{name: data[name] for name in ("priority", "category", "channel", "due_at", "outbound")},
            "assignee_id": data["assignee"].pk if data["assignee"] else None,
            "team_id": data["team"].pk if data["team"] else None,
            "tags": words(data["tags"]),
        }


def named(contact: Contact) -> str:
    """A contact as the finder writes and reads it."""
    return f"{contact.name} #{contact.pk}"


def _known_contact(typed: str, actor: Actor, field: str) -> Contact:
    contact = contact_meant(typed, actor, field)
    if contact is None and not typed.strip():
        raise Invalid({field: now("Name the customer.")})
    if contact is None:
        raise Invalid({field: now("There is no contact “%(name)s”. Create them first.") % {"name": typed[:80]}})
    return contact
