"""What is said on, or changed of, many tickets at once."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from supportflow.accounts.models import User
from supportflow.core.bulk import Outcome
from supportflow.crm.forms import words
from supportflow.desk.bulk_models import BulkReply
from supportflow.desk.forms import TicketForm
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Priority, Status, Ticket
from supportflow.desk.moments import moment
from supportflow.desk.operations import edit_tickets, restore_tickets, snooze_tickets, trash_tickets, wake_tickets
from supportflow.pages.forms import PageForm
from supportflow.pages.words import choices


class BulkReplyForm(PageForm):
    """One reply or note for all of them; without a text the macro's words are sent."""

    kind = forms.ChoiceField(
        label=_("Kind of message"),
        choices=[("reply", _("Reply to each customer")), ("note", _("Internal note on each ticket"))],
        initial="reply",
    )
    macro = forms.ModelChoiceField(
        Macro.objects.none(), label=_("Macro"), required=False, empty_label=_("None"), initial=""
    )
    macro_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    body = forms.CharField(
        label=_("Message"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "Markdown works, and so do {{customer.first_name|there}} and the other placeholders of macros: they are "
            "filled for each ticket by itself. Empty: the words of the macro."
        ),
    )
    then = forms.ChoiceField(
        label=_("Set the status to"), required=False, choices=[("", _("Leave as it is")), *choices(Status)]
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["macro"]
        assert isinstance(field, forms.ModelChoiceField)
        usable = Macro.objects.visible_to(actor).alive().filter(is_active=True)
        field.queryset = usable.order_by("-use_count", "name", "pk")

    @classmethod
    def of(cls, reply: BulkReply, actor: User) -> "BulkReplyForm":
        """To go on with one that was taken back."""
        values = {"kind": reply.kind, "body": reply.body, "then": reply.then, "macro": reply.macro.get("id")}
        return cls(initial=values, actor=actor)

    def letter(self) -> dict[str, Any]:
        """What the operations take."""
        return {name: self.cleaned_data[name] for name in ("kind", "body", "macro", "then")}


class BulkForm(TicketForm):
    """The fields of a ticket that were sent, for all of them; `batch` ties the pieces of one act together."""

    add_tags = forms.CharField(label=_("Add tags"), required=False)
    remove_tags = forms.CharField(label=_("Take off"), required=False)
    trash = forms.ChoiceField(required=False, choices=[("in", "in"), ("out", "out")])
    # When they come back to whoever puts them off; "wake": now.
    snooze = forms.ChoiceField(required=False, choices=[(at, at) for at in ("later", "tomorrow", "week", "at", "wake")])
    until = forms.CharField(required=False, max_length=40)
    batch = forms.UUIDField(required=False)

    def run(self, tickets: list[Ticket], by: User) -> Outcome[Ticket]:
        data = self.cleaned_data
        if data["trash"]:
            return (trash_tickets if data["trash"] == "in" else restore_tickets)(tickets, by=by)
        if data["snooze"] == "wake":
            return wake_tickets(tickets, by=by)
        if data["snooze"]:
            return snooze_tickets(tickets, moment(data["snooze"], data["until"]), by=by)
        return edit_tickets(
            tickets, add_tags=words(data["add_tags"]), remove_tags=words(data["remove_tags"]), by=by, **self.values(by)
        )

    def sentence(self, done: int) -> str:
        """What happened, for the toast."""
        if self.cleaned_data["snooze"] == "wake":
            text = ngettext("%(num)d ticket is back", "%(num)d tickets are back", done)
        elif self.is_snoozing:
            text = ngettext("%(num)d ticket is put off", "%(num)d tickets are put off", done)
        else:
            text = ngettext("%(num)d ticket changed", "%(num)d tickets changed", done)
        return text % {"num": done}

    @property
    def is_snoozing(self) -> bool:
        """Nothing of the tickets themselves changes: there is nothing to undo, but they can be brought back."""
        return bool(self.cleaned_data["snooze"])


KEEP = "keep"  # what one of these sends that is to change nothing
KEPT = ("status", "priority", "assignee", "team")


class BulkPageForm(BulkForm):
    """The same as a page of its own, where every field is there and says whether it changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, members in (("status", Status), ("priority", Priority)):
            self._offer(name, choices(members))
        for name, nobody in (("assignee", _("No one")), ("team", _("No team"))):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            self._offer(name, [("", nobody), *((str(row.pk), str(row)) for row in field.queryset or ())])

    def _offer(self, name: str, values: Iterable[tuple[str, Any]]) -> None:
        kept = (KEEP, _("Leave as it is"))
        self.fields[name] = forms.ChoiceField(label=self.fields[name].label, choices=[kept, *values], initial=KEEP)
