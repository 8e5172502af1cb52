"""Forms only parse and tidy. The rules stand in the operations, whose refusals are shown at the fields they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django import forms
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from supportflow.core.errors import Invalid, Stale
from supportflow.pages.times import clock
from supportflow.pages.words import word


class PageForm(forms.Form):
    """A form of a page. A field `seen` carries the version of the row that the person looked at."""

    answers_with = 422  # the status of the page that shows what is wrong
    conflict = False  # somebody else changed what this form changes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    @contextmanager
    def told(self) -> Iterator[None]:
        """Around the operation: what it finds wrong becomes an error at the field, so that the page can show it."""
        try:
            yield
        except Invalid as error:
            self._tell(error.fields)
        except Stale as error:
            self._tell_conflict(error)

    def _tell(self, problems: Mapping[str, StrOrPromise]) -> None:
        for name, message in problems.items():
            known = next((field for field in (name, name.removesuffix("_id")) if field in self.fields), None)
            self.add_error(known, str(message))

    def _tell_conflict(self, error: Stale) -> None:
        """Show what the others wrote; the form then carries the new version: sent again, it means "mine after all"."""
        text = _("Somebody changed this meanwhile to “%(value)s”. Yours is “%(mine)s”: save again to keep it.")
        changed = {
            name: text % {"value": self._shown(name, values[-1]), "mine": self._mine(name)}
            for name, values in error.changes.items()
        }
        self._tell(changed or {"": str(error)})
        self.conflict = True
        self.data = {**self.sent(), "seen": str(error.version)}

    def _mine(self, name: str) -> str:
        """What this form would set, in the same words."""
        value = next(
            (self.cleaned_data[key] for key in (name, name.removesuffix("_id")) if key in self.cleaned_data), ""
        )
        if isinstance(value, models.Model):
            value = value.pk
        elif isinstance(value, datetime):
            value = value.isoformat()
        return self._shown(name, value)

    def _shown(self, name: str, value: Any) -> str:
        """A value of the trail as the form's reader knows it: people and teams by name, not by id."""
        match self.fields.get(name.removesuffix("_id")), value:
            case forms.ModelChoiceField(queryset=models.QuerySet() as rows) as field, int():
                row = rows.filter(pk=value).first()
                return str(field.label_from_instance(row)) if row else f"#{value}"
            case forms.DateTimeField(), str():
                moment = parse_datetime(value)
                return clock(moment) if moment else value
            case forms.ChoiceField(), str() if value:
                return word(value)
            case forms.IntegerField(), int():
                return str(value)
            case _, int():
                return f"#{value}"
        return shown(value)

    def sent(self) -> dict[str, str]:
        """The fields that came, as text: what the page sends again when somebody insists."""
        return {name: str(self.data.get(name)) for name in self.data if name in self.fields}


def shown(value: Any) -> str:
    """Return a value of the audit trail as people read it."""
    if value in (None, "", []):
        return _("nothing")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)[:200]
