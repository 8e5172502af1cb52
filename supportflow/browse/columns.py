"""A column of a table: what its values look like on a page, where they lead, and whether they can be looked up."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.translation import gettext as _

from supportflow.browse.masking import ABSENT, MASK, is_masked, without_secrets

Field = models.Field[Any, Any]
Rows = models.QuerySet[models.Model]

EXCERPT = 120  # characters of a value in a list
WHOLE = 20_000  # characters of a value on its row's own page
# Bare integers that point into another table without a foreign key: what they tell of may be gone.
POINTERS = {
    "ticket_id": "desk.Ticket",
    "contact_id": "crm.Contact",
    "company_id": "crm.Company",
    "comment_id": "desk.Comment",
    "activity_id": "core.Activity",
    "cause_id": "core.Activity",
}
# Nobody looks these up by their exact value.
NOT_LOOKED_UP = (models.DateField, models.BooleanField, models.JSONField, models.DecimalField)


@dataclass(frozen=True)
class Cell:
    """One value as text; `link` leads to the row that it names."""

    text: str
    link: str = ""
    kind: str = ""  # "masked", "empty", "code"


@dataclass(frozen=True)
class Column:
    field: Field
    is_found: bool  # an index finds rows by a value of it

    @property
    def name(self) -> str:
        return self.field.attname

    @property
    def is_number(self) -> bool:
        return isinstance(_target(self.field), models.IntegerField)

    @property
    def is_masked(self) -> bool:
        return is_masked(self.field)

    @property
    def is_long(self) -> bool:
        return isinstance(self.field, models.TextField)

    @property
    def excerpt(self) -> str:
        return f"excerpt_of_{self.name}"

    def in_list(self, row: models.Model) -> Cell:
        if self.is_masked:
            return self._masked()
        value = getattr(row, self.excerpt) if self.is_long else getattr(row, self.name)
        return self._cell(value, EXCERPT)

    def in_full(self, row: models.Model) -> Cell:
        return self._masked() if self.is_masked else self._cell(getattr(row, self.name), WHOLE)

    def _masked(self) -> Cell:
        return Cell(_("bytes, not shown") if isinstance(self.field, models.BinaryField) else MASK, kind="masked")

    def _cell(self, value: Any, most: int) -> Cell:
        if value is None or value == "":
            return Cell(_("not set") if value is None else _("empty"), kind="empty")
        kind = "code" if isinstance(value, dict | list) else ""
        return Cell(_bounded(_text(value), most), _link(self.field, value), kind)


def columns_of(model: type[models.Model]) -> list[Column]:
    """The primary key first, the others as they were declared."""
    fields = sorted(model._meta.concrete_fields, key=lambda field: not field.primary_key)
    led = _led_by_an_index(model)
    return [Column(field, _can_be_found(field, led)) for field in fields]


def light(rows: Rows, columns: list[Column]) -> Rows:
    """Without what is masked, and of long texts no more than a list shows."""
    cut = [column for column in columns if column.is_long and not column.is_masked]
    rows = without_masked(rows, columns).defer(*(column.name for column in cut))
    shortened: Rows = rows.annotate(**{column.excerpt: Left(column.name, EXCERPT + 1) for column in cut})
    return shortened


def without_masked(rows: Rows, columns: list[Column]) -> Rows:
    return rows.defer(*(column.name for column in columns if column.is_masked))


def address(model: type[models.Model], pk: Any = None) -> str:
    """Of the table's page, or of a row's."""
    table = f"/data/{model._meta.app_label}/{model._meta.model_name}"
    return table if pk is None else f"{table}/{pk}"


def _target(field: Field) -> Field:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _led_by_an_index(model: type[models.Model]) -> set[str]:
    """Fields that come first in an index over all rows; a partial one does not find them all.

    Not a text that comes first of several: that is a kind (`subject_type`), and half of a million rows may be of it.
    """
    options = model._meta
    whole = [list(index.fields) for index in options.indexes if index.condition is None and index.fields]
    whole += [
        list(constraint.fields)
        for constraint in options.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None and constraint.fields
    ]
    whole += [list(together) for together in options.unique_together]
    led = {(fields[0].removeprefix("-"), len(fields) == 1) for fields in whole}
    return {name for name, alone in led if alone or not isinstance(options.get_field(name), models.CharField)}


def _can_be_found(field: Field, led: set[str]) -> bool:
    if is_masked(field) or isinstance(_target(field), NOT_LOOKED_UP):
        return False
    return field.primary_key or field.unique or field.name in led or bool(getattr(field, "db_index", False))


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S %Z")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)


def _bounded(text: str, most: int) -> str:
    shown = without_secrets(text[:most])
    if len(text) <= most:
        return shown
    if most < WHOLE:
        return f"{shown}…"
    return f"{shown}\n{_('… and %(more)s more characters') % {'more': len(text) - most}}"


def _link(field: Field, value: Any) -> str:
    if isinstance(field, models.ForeignKey):
        target = field.related_model
    elif label := POINTERS.get(field.name):
        target = apps.get_model(label)
    else:
        return ""
    assert not isinstance(target, str)
    return "" if target._meta.label in ABSENT else address(target, value)
