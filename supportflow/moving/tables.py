"""What a table holds, and its values as they are the same in every database."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.apps.registry import Apps
from django.db.models import Field, Model

Convert = Callable[[Any], Any]
INTEGERS = {"AutoField", "BigAutoField", "BigIntegerField", "IntegerField", "PositiveBigIntegerField"}
INTEGERS |= {"PositiveIntegerField", "PositiveSmallIntegerField", "SmallAutoField", "SmallIntegerField"}
TEXTS = {"CharField", "EmailField", "SlugField", "TextField", "URLField"}
KINDS = INTEGERS | TEXTS
KINDS |= {"BinaryField", "BooleanField", "DateField", "DateTimeField", "DecimalField", "JSONField", "UUIDField"}
# What PostgreSQL cannot store: in a text NUL, in JSON also half a surrogate pair.
NUL, INSTEAD = "\x00", "\ufffd"
ESCAPED = re.compile(r"\\u(0000|[dD][89a-fA-F])")
BROKEN = re.compile("[\x00\ud800-\udfff]")


@dataclass
class Column:
    name: str
    kind: str  # a field's internal type; of a foreign key that of what it points to
    places: int = 0  # of a decimal
    mended: int = 0  # values that PostgreSQL could not take as they were

    def reader(self, source: str, target: str) -> Convert | None:
        """From what the `source`'s driver gives to a value that is the same everywhere; None leaves it as it is.

        source, target -- vendors: what a target cannot hold is mended on the way, on both sides of a comparison
        """
        into_postgres = source == "sqlite" and target == "postgresql"
        readers: dict[str, Convert] = {
            "BinaryField": bytes,
            "BooleanField": bool,
            "DateTimeField": _utc,
            "DecimalField": lambda value: Decimal(str(value)).quantize(Decimal(1).scaleb(-self.places)),
            "UUIDField": lambda value: value if isinstance(value, UUID) else UUID(value),
        }
        if into_postgres and self.kind in TEXTS:
            return self._whole_text
        if into_postgres and self.kind == "JSONField":
            return self._whole_json
        return readers.get(self.kind)

    def writer(self, target: str) -> Convert | None:
        """To what Django itself writes there."""
        if target != "sqlite":
            return None
        writers: dict[str, Convert] = {
            "BooleanField": int,
            "DateField": date.isoformat,
            "DateTimeField": lambda value: value.replace(tzinfo=None).isoformat(" "),
            "DecimalField": str,
            "UUIDField": lambda value: value.hex,
        }
        return writers.get(self.kind)

    def _whole_text(self, value: str) -> str:
        if NUL not in value:
            return value
        self.mended += 1
        return value.replace(NUL, INSTEAD)

    def _whole_json(self, text: str) -> str:
        if not ESCAPED.search(text):
            return text
        # A pair of surrogates is one character, and \\u0000 is six: only the parser tells.
        whole = json.dumps(_without_broken(json.loads(text)))
        if whole != json.dumps(json.loads(text)):
            self.mended += 1
        return whole


@dataclass
class Table:
    """The columns of one model; the first is the primary key."""

    name: str
    columns: list[Column]
    model: type[Model] = field(repr=False)

    @property
    def key(self) -> Column:
        return self.columns[0]

    @property
    def rows_at_once(self) -> int:
        """So that they fit into memory: a raw mail has up to 35 MB."""
        kinds = {column.kind for column in self.columns}
        return 8 if "BinaryField" in kinds else 500 if kinds & {"TextField", "JSONField"} else 5000


def all_tables(registry: Apps = apps) -> list[Table]:
    """Every table of ours, those that others point to first; of an older state of the migrations by its registry."""
    models = [model for model in registry.get_models(include_auto_created=True) if model._meta.managed]
    return [_table(model) for model in models if not model._meta.proxy]


def _table(model: type[Model]) -> Table:
    key = model._meta.pk
    fields = [one for one in model._meta.local_concrete_fields if not getattr(one, "generated", False)]
    return Table(model._meta.db_table, [_column(one) for one in [key, *(f for f in fields if f is not key)]], model)


def _column(model_field: "Field[Any, Any]") -> Column:
    end: Any = model_field
    while end.remote_field:
        end = end.target_field
    kind: str = end.get_internal_type()
    assert model_field.column
    assert kind in KINDS, f"{model_field}: tell moving/tables.py how a {kind} is the same in every database"
    return Column(model_field.column, kind, getattr(end, "decimal_places", 0) or 0)


def comparable(table: Table) -> list[tuple[int, Convert]]:
    """Where JSON stands: PostgreSQL orders its keys and writes its numbers anew."""
    return [(place, same_json) for place, column in enumerate(table.columns) if column.kind == "JSONField"]


def same_json(text: str) -> str:
    # 0.0 is added as PostgreSQL knows no -0.0.
    return json.dumps(json.loads(text, parse_float=lambda digits: float(digits) + 0.0), sort_keys=True)


def converted(rows: Iterator[Any], converters: list[tuple[int, Convert]]) -> Iterator[list[Any]]:
    for row in rows:
        values = list(row)
        for place, convert in converters:
            if (value := values[place]) is not None:
                values[place] = convert(value)
        yield values


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _without_broken(value: Any) -> Any:
    match value:
        case str():
            return BROKEN.sub(INSTEAD, value)
        case list():
            return [_without_broken(one) for one in value]
        case dict():
            return {_without_broken(name): _without_broken(one) for name, one in value.items()}
    return value
