from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from supportflow.accounts.models import Team, User
from supportflow.core.actors import Actor
from supportflow.core.errors import Invalid
from supportflow.crm.forms import words
from supportflow.desk import macros
from supportflow.desk.filters import ticket_number
from supportflow.desk.macro_models import Macro
from supportflow.desk.models import Category, Priority, Status, Ticket
from supportflow.desk.placeholders import KNOWN
from supportflow.pages.forms import PageForm
from supportflow.pages.words import choices
from supportflow.tags.models import Tag

LEAVE = _("Leave as it is")
PLACEHOLDERS = ", ".join(f"{{{{{name}}}}}" for name in KNOWN)


class MacroForm(PageForm):
    """All fields of a macro. `audience` is "me", "all" or the id of a team that it is offered to."""

    name = forms.CharField(label=_("Name"), help_text=_("What you type after / to find it."))
    audience = forms.ChoiceField(label=_("For"))
    kind = forms.ChoiceField(label=_("Writes"), choices=[("REPLY", _("A reply")), ("NOTE", _("An internal note"))])
    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Markdown works, and %(known)s. After a bar, what stands in: {{customer.first_name|there}}."),
    )
    status = forms.ChoiceField(label=_("Status"), required=False, choices=choices(Status, LEAVE))
    priority = forms.ChoiceField(label=_("Priority"), required=False, choices=choices(Priority, LEAVE))
    category = forms.ChoiceField(label=_("Category"), required=False, choices=choices(Category, LEAVE))
    assignee = forms.ChoiceField(label=_("Assignee"), required=False)
    team = forms.ChoiceField(label=_("Team"), required=False)
    add_tags = forms.CharField(label=_("Tags to add"), required=False, help_text=_("Names with commas between them."))
    remove_tags = forms.CharField(label=_("Tags to remove"), required=False)
    is_active = forms.BooleanField(label=_("Offer it in the menu"), required=False, initial=True)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    ticket = forms.CharField(label=_("Preview on"), required=False, help_text=_("A ticket's number, or nothing."))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = [(str(pk), name) for pk, name in _teams_seen_by(actor)]
        people = [(str(pk), name) for pk, name in User.objects.at_work().order_by("name").values_list("pk", "name")]
        shared = [("all", now("Everyone")), *((pk, now("Team %(name)s") % {"name": name}) for pk, name in teams)]
        offered: dict[str, list[tuple[str, Any]]] = {
            "audience": [("me", now("Me alone")), *(shared if actor.may("macro.share") else ())],
            "assignee": [("", LEAVE), ("me", now("Whoever applies it")), ("none", now("No one")), *people],
            "team": [("", LEAVE), ("none", now("None")), *teams],
        }
        for name, values in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = values
        self.fields["body"].help_text = str(self.fields["body"].help_text) % {"known": PLACEHOLDERS}

    def values(self) -> dict[str, Any]:
        """What create_macro and update_macro take; also of a form that is not whole yet, for its preview."""
        data = {name: self.cleaned_data.get(name, "") for name in self.fields}
        audience = data["audience"]
        changes: dict[str, Any] = {name: _id_or_word(data[name]) or None for name in macros.FIELDS}
        return {
            **{name: data[name] for name in ("name", "body", "kind", "is_active")},
            "shared": audience != "me",
            "offered_to_id": int(audience) if audience.isdigit() else None,
            "changes": changes | {name: words(data[name]) for name in macros.TAGS},
        }

    def previewed(self, actor: Actor) -> Ticket | None:
        """The ticket to look at it on, or None for a customer who does not exist. Raises Invalid."""
        typed = self.cleaned_data["ticket"]
        if not typed:
            return None
        seen = Ticket.objects.visible_to(actor).select_related("contact", "company")
        found = seen.filter(pk=ticket_number(typed) or 0).first()
        if found is None:
            raise Invalid({"ticket": now("There is no ticket with this number.")})
        return found

    @classmethod
    def of(cls, macro: Macro, actor: User) -> "MacroForm":
        changes: dict[str, Any] = macro.changes
        worn_ids = [pk for name in macros.TAGS for pk in changes.get(name, ())]
        tags = dict(Tag.objects.filter(pk__in=worn_ids).values_list("pk", "name"))
        worn = {name: ", ".join(tags[pk] for pk in changes.get(name, ()) if pk in tags) for name in macros.TAGS}
        audience = "me" if macro.owner_id else str(macro.team_id or "all")
        own = {name: getattr(macro, name) for name in ("name", "kind", "body", "is_active")}
        return cls(actor=actor, initial={**own, **changes, **worn, "audience": audience, "seen": macro.version})


def _id_or_word(value: str) -> int | str:
    return int(value) if value.isdigit() else value


def _teams_seen_by(actor: User) -> list[tuple[int, str]]:
    seen = Team.objects.known_to(actor)
    return list(seen.values_list("pk", "name"))
