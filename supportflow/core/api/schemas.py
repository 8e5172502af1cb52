"""What every schema of the API stands on: strict values in, complete shapes out."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, WithJsonSchema
from pydantic_core import PydanticCustomError

BIGGEST_ID = 2**63 - 1
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})")

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def examples(*values: Mapping[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [dict(value) for value in values]})


class In(BaseModel):
    """What is sent. Unknown fields are refused by name; numbers are numbers and texts are texts."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """The fields that were sent, null included."""
        return self.model_dump(exclude_unset=True)


class Out(BaseModel):
    """What is answered: every key, always; unset is null."""

    model_config = ConfigDict(
        extra="forbid", json_schema_serialization_defaults_required=True, use_enum_values=True, frozen=True
    )


class Ref(Out):
    """Something else, by id and name."""

    model_config = examples({"id": 3, "name": "John Reyes"})
    id: int
    name: str


T = TypeVar("T", bound=Out)


class PageOut(Out, Generic[T]):
    """One page: `next` and `previous` are cursors, null at either end; `total` only with ?include=total."""

    items: list[T]
    next: str | None
    previous: str | None
    total: int | None


def told(code: str, message: str) -> PydanticCustomError:
    """Raise this in a validator: the message goes to the caller as it stands."""
    return PydanticCustomError(code, "{told}", {"told": message})


def _printable(value: str) -> str:
    if found := _UNPRINTABLE.search(value):
        message = _("This text has a control character (U+%(code)s). Remove it.") % {"code": f"{ord(found[0]):04X}"}
        raise told("control_character", message)
    return value


def _moment(value: Any) -> datetime:
    message = _("Write the time with its zone, like 2026-05-01T12:00:00Z.")
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise told("moment", message)
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise told("moment", message) from None


def _day(value: Any) -> date:
    message = _("Write the date as YYYY-MM-DD.")
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise told("date", message)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise told("date", message) from None


def _row_id(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,19}", value):
        raise told("id", "")
    return int(value)


# The default of a field that has none but may be left out: see `In.given`.
UNSET: Any = None
# A text without control characters.
Text = Annotated[str, AfterValidator(_printable)]
Id = Annotated[int, Field(strict=True, ge=1, le=BIGGEST_ID)]
Score = Annotated[int, Field(strict=True, ge=0, le=100)]
Flag = StrictBool
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Custom = Annotated[dict[str, Any], Field(max_length=100)]
# In a path: digits alone. Anything else names nothing and is a 404.
RowId = Annotated[
    int,
    Field(ge=1, le=BIGGEST_ID),
    BeforeValidator(_row_id),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": BIGGEST_ID}),
]
