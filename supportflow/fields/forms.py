from typing import Any

from django import forms
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from supportflow.fields.models import KINDS, MODELS, Field
from supportflow.fields.queries import fields_of
from supportflow.pages.forms import PageForm

PREFIX = "custom."
KIND_WORDS = {
    "text": _("Text"),
    "number": _("Number"),
    "date": _("Date"),
    "choice": _("Choice"),
    "check": _("Check box"),
}
MODEL_WORDS = {"ticket": _("Tickets"), "contact": _("Contacts"), "company": _("Companies")}


class CustomFields(PageForm):
    """Adds the custom fields of `model` and gathers their values under `custom`."""

    model = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = fields_of(self.model)
        for field in self.custom:
            name = f"{PREFIX}{field.slug}"
            chosen = str(self.data.get(name) or self.initial.get(name) or "")
            self.fields[name] = _custom_field(field, chosen)

    def custom_values(self) -> dict[str, Any]:
        return {field.slug: self.cleaned_data.get(f"{PREFIX}{field.slug}") for field in self.custom}


def _custom_field(field: Field, chosen: str) -> forms.Field:
    match field.kind:
        case "number":
            return forms.FloatField(label=field.label, required=False)
        case "date":
            return _line(field.label, widget=forms.DateInput(attrs={"type": "date"}))
        case "choice":
            # What stands in a row stays on offer there, though it is no choice any more; the operation judges it.
            options = dict.fromkeys([*field.options, *([chosen] if chosen else [])])
            pairs = [("", now("Nothing")), *((option, option) for option in options)]
            return forms.ChoiceField(label=field.label, required=False, choices=pairs)
        case "check":
            return forms.BooleanField(label=field.label, required=False)
    return _line(field.label)


def _line(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, **options)


class NewFieldForm(PageForm):
    model = forms.ChoiceField(label=_("Of"), choices=[(name, MODEL_WORDS[name]) for name in MODELS])
    label = forms.CharField(label=_("Label"))
    kind = forms.ChoiceField(label=_("Holds"), choices=[(name, KIND_WORDS[name]) for name in KINDS])
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Of a choice alone. One a line."),
    )

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "options": self.cleaned_data["options"].splitlines()}


class FieldForm(PageForm):
    label = forms.CharField(label=_("Label"))
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One a line. Where a choice is gone, what has it keeps it."),
    )
    place = forms.IntegerField(label=_("Place"), min_value=1, max_value=100, help_text=_("1 is the first."))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, field: Field, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field.kind != "choice":
            del self.fields["options"]

    def values(self) -> dict[str, Any]:
        """What update_field takes."""
        names = {"label": "label", "position": "place", "version": "seen"}
        values: dict[str, Any] = {name: self.cleaned_data[field] for name, field in names.items()}
        if "options" in self.cleaned_data:
            values["options"] = self.cleaned_data["options"].splitlines()
        return values

    @classmethod
    def of(cls, field: Field) -> "FieldForm":
        options = "\n".join(field.options)
        initial = {"label": field.label, "options": options, "place": field.position, "seen": field.version}
        return cls(field=field, initial=initial)
