"""What people and programs write into contacts and companies, made storable or refused by the field's name."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.utils.translation import gettext as _

from supportflow.core import text
from supportflow.core.errors import Invalid

Cleaner = Callable[[str, Any], Any]


def line(most: int, *, required: bool = False) -> Cleaner:
    return lambda field, value: text.line(field, value or "", most=most, required=required)


def prose(field: str, value: Any) -> str:
    return text.prose(field, value or "", most=100_000, required=False)


def one_of(allowed: tuple[str, ...], *, required: bool = True) -> Cleaner:
    def clean(field: str, value: Any) -> str:
        return text.one_of(field, value, allowed) if value or required else ""

    return clean


def score(field: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise Invalid({field: _("Use a whole number from 0 to 100.")})
    return value


def optional_score(field: str, value: Any) -> int | None:
    return None if value is None else score(field, value)


def web_address(field: str, value: Any) -> str:
    """http and https alone: a stored `javascript:` would run when somebody clicks it."""
    address = text.line(field, value or "", most=300, required=False)
    if not address:
        return ""
    if "://" not in address and not address.lower().startswith(("javascript:", "data:", "vbscript:")):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in address
    except ValueError:
        good = False
    if not good:
        raise Invalid({field: _("Write a web address such as https://example.com.")})
    return text.line(field, address, most=300)


def email(field: str, value: Any) -> str:
    return text.email(field, value or "")


def domain(field: str, value: Any) -> str:
    name = text.line(field, str(value), most=253).lower().lstrip("@").rstrip(".")
    try:
        name = name.encode("idna").decode()
        validate_domain_name(name)
    except (ValidationError, UnicodeError):
        raise Invalid({field: _("Write a domain such as example.com.")}) from None
    if "." not in name:
        raise Invalid({field: _("Write a domain such as example.com.")})
    return name


def optional_date(field: str, value: Any) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Invalid({field: _("Write the date as YYYY-MM-DD.")}) from None


def revenue(amount: Any, currency: Any) -> tuple[Decimal | None, str]:
    """Amount and ISO 4217 code, both or neither."""
    if amount in (None, "") and not currency:
        return None, ""
    try:
        number = Decimal(str(amount)).quantize(Decimal("0.01"))
    except InvalidOperation:
        number = Decimal(-1)
    if number.is_nan() or not 0 <= number < Decimal(10) ** 16:
        raise Invalid({"revenue": _("Write the amount as a positive number such as 72000.00.")})
    code = str(currency or "").strip().upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise Invalid({"revenue": _("Name the currency by its three letters, such as EUR.")})
    return number, code
