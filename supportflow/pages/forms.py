"""Forms only parse and tidy. The rules stand in the operations, whose refusals are shown at the fields they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid, Stale


class PageForm(forms.Form):
    """A form of a page; `seen` is the version of the row that the person looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})

    @contextmanager
    def told(self) -> Iterator[None]:
        """Around the operation: what it finds wrong becomes an error at the field, so that the page can show it."""
        try:
            yield
        except Invalid as error:
            for name, message in error.fields.items():
                known = name if name in self.fields else name.removesuffix("_id")
                self.add_error(known if known in self.fields else None, str(message))

    def add_conflict(self, stale: Stale) -> None:
        """Say what somebody else wrote meanwhile; sending the form again then means "mine after all"."""
        for name, (_old, theirs) in stale.changes.items():
            known = name if name in self.fields else name.removesuffix("_id")
            text = _("Somebody changed this meanwhile to “%(value)s”. Save again to keep yours.")
            self.add_error(known if known in self.fields else None, text % {"value": shown(theirs)})
        if "seen" in self.fields:
            self.data = {**self.data.dict(), "seen": str(stale.version)} if hasattr(self.data, "dict") else self.data


def shown(value: Any) -> str:
    """Return a value of the audit trail as people read it."""
    if value is None or value == "" or value == []:
        return _("nothing")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)[:200]
