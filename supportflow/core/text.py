"""Text from outside, made storable: Unicode NFC, no control characters, bounded, with one wording of each refusal."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid

MAX_BODY = 1_000_000  # characters of one comment's source; a longer text belongs into an attachment
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def tidy_line(value: str) -> str:
    """One line: white space folded, control and invisible direction-override characters dropped."""
    return " ".join(tidy_prose(value).split())


def tidy_prose(value: str) -> str:
    """Several lines: \\n line ends, no other control characters, no blank lines at either end."""
    value = _LINE_BREAK.sub("\n", value)
    value = "".join(c for c in value if c in "\n\t" or _is_printable(c))
    return unicodedata.normalize("NFC", value).strip("\n").rstrip()


def _is_printable(character: str) -> bool:
    # Cc controls, Cs lone surrogates (no UTF-8 for them), and the overrides that disguise file names and links.
    return unicodedata.category(character) not in {"Cc", "Cs"} and character not in "\u202d\u202e"


def line(field: str, value: str, *, most: int, required: bool = True) -> str:
    """A tidy line of at most `most` characters; raises Invalid naming `field`."""
    _refuse_nul(field, value)
    value = tidy_line(value)
    if required and not value:
        raise Invalid({field: _("This is needed.")})
    return _bounded(field, value, most)


def prose(field: str, value: str, *, most: int = MAX_BODY, required: bool = True) -> str:
    _refuse_nul(field, value)
    value = tidy_prose(value)
    if required and not value.strip():
        raise Invalid({field: _("Write something first.")})
    return _bounded(field, value, most)


def one_of(field: str, value: Any, allowed: Iterable[str]) -> str:
    known = list(allowed)
    if value not in known:
        raise Invalid({field: _("Use one of: %(known)s.") % {"known": ", ".join(known)}})
    return str(value)


def email(field: str, value: str) -> str:
    """An address, its domain in the one form that mail servers speak: lower case, IDNA. Raises Invalid."""
    local, _at, domain = line(field, value, most=254).rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode().lower()}"
        validate_email(address)
    except (ValidationError, UnicodeError):
        raise Invalid({field: _("This is not an e-mail address. Write it like name@example.com.")}) from None
    return _bounded(field, address, 254)


def _refuse_nul(field: str, value: str) -> None:
    if "\x00" in value:
        raise Invalid({field: _("This text has a NUL character, which cannot be stored. Remove it.")})


def _bounded(field: str, value: str, most: int) -> str:
    if len(value) > most:
        raise Invalid(
            {
                field: _("This is %(length)s characters long; at most %(most)s fit.")
                % {"length": len(value), "most": most}
            }
        )
    return value
