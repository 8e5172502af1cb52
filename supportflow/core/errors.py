"""What may go wrong on purpose. Pages and the API each turn these into an answer in one place."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class DomainError(Exception):
    """`code` is stable and for programs; `message` is for people and says what to do."""

    code: str
    message: StrOrPromise

    def __init__(self, code: str, message: StrOrPromise) -> None:
        super().__init__(code)
        self.code, self.message = code, message

    def __str__(self) -> str:
        return str(self.message)


class Refused(DomainError):
    """A rule of the domain says no (409)."""


class Forbidden(DomainError):
    """The actor lacks the permission (403)."""

    def __init__(self, permission: str) -> None:
        super().__init__("forbidden", _("Your role does not allow this. Ask an administrator."))
        self.permission = permission


class NotFound(DomainError):
    """Not there, or not visible to this actor (404)."""

    def __init__(self) -> None:
        super().__init__("not_found", _("This does not exist, or you may not see it."))


class Invalid(DomainError):
    """Values that cannot be stored (422): field name → what is wrong and what would be right."""

    def __init__(self, fields: Mapping[str, StrOrPromise]) -> None:
        super().__init__("invalid", next(iter(fields.values()), _("Some values are not valid.")))
        self.fields = dict(fields)


class Unavailable(DomainError):
    """What we stand on does not answer right now (503); the same again in a moment may well work."""


class Stale(DomainError):
    """The row changed since the caller read it (412): `changes` maps field → [value then, value now]."""

    def __init__(self, version: int, changes: Mapping[str, list[Any]] | None = None) -> None:
        super().__init__("stale", _("Somebody changed this in the meantime. Look at the new values and decide."))
        self.version, self.changes = version, dict(changes or {})
