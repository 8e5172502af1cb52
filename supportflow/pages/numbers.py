"""Numbers as people read them, in their language."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from supportflow.core.paging import COUNTED_UP_TO


def whole(count: int) -> str:
    """Return a number with its thousands apart: "12,345"."""
    return number_format(count, 0, use_l10n=True, force_grouping=True)


def bounded(count: int) -> str:
    """Return what was counted up to a bound: "999", "1,000+"."""
    return _("%(n)s+") % {"n": whole(COUNTED_UP_TO)} if count > COUNTED_UP_TO else whole(count)


def file_size(size: int) -> str:
    """Return a size in bytes as people say it: "340 kB", "1.2 MB"."""
    if size < 1000:
        return _("%(n)d B") % {"n": size}
    if size < 999_500:
        return _("%(n)d kB") % {"n": round(size / 1000)}
    return _("%(n)s MB") % {"n": number_format(round(size / 1e6, 1), 1)}


def money(amount: Decimal) -> str:
    """Return an amount with its thousands apart: "72,000" or "72,000.50"."""
    return number_format(amount, 0 if amount == amount.to_integral_value() else 2, use_l10n=True, force_grouping=True)


def plain_number(value: float | str) -> str:
    """Return a number as it was typed: 3.0 is "3"."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def shown_number(value: float) -> str:
    """Return a number that may be the name of something, such as an order's: its thousands stay together."""
    return number_format(plain_number(value), use_l10n=True)
