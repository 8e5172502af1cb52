"""Reads the environment: every value typed, every wrong value named in one line.

Each secret may also come from a file: `NAME_FILE=/run/secrets/name` stands for `NAME`.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class WrongValue(ImproperlyConfigured):
    """A setting cannot be used; the text is one line that names it and says what would be right."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


def text(name: str, default: str = "") -> str:
    """The value of `name`, or what the file named by `name`_FILE holds, or the default."""
    file = os.environ.get(f"{name}_FILE")
    if not file:
        return os.environ.get(name, default).strip()
    if name in os.environ:
        raise WrongValue(name, f"is set twice, also by {name}_FILE. Keep one of them.")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WrongValue(f"{name}_FILE", f"cannot read {file!r}: {reason}.") from None


def flag(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value not in _TRUE | _FALSE:
        raise WrongValue(name, f"is {value!r}; use true or false.")
    return value in _TRUE


def number(name: str, default: int, *, least: int, most: int) -> int:
    value = text(name)
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most):
        raise WrongValue(name, f"is {value!r}; use a whole number from {least} to {most}.")
    return int(value)


def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = text(name) or default
    if value not in allowed:
        raise WrongValue(name, f"is {value!r}; use one of: {', '.join(allowed)}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas or blanks."""
    return text(name, default).replace(",", " ").split()


def folder(name: str, default: Path) -> Path:
    """An existing or makeable folder that this process may write to."""
    path = Path(text(name) or default).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WrongValue(name, f"cannot make the folder {str(path)!r}: {error.strerror}.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise WrongValue(name, f"the folder {str(path)!r} cannot be written to.")
    return path


def http_url(name: str, default: str) -> str:
    """An absolute http(s) address without a path, e.g. https://help.example."""
    value = (text(name) or default).rstrip("/")
    try:
        parts = urlsplit(value)
        plain = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and value == f"{parts.scheme}://{parts.netloc}"
        )
        plain = plain and "@" not in parts.netloc
        assert parts.port is None or parts.port
    except (ValueError, AssertionError):
        plain = False
    if not plain:
        raise WrongValue(name, f"is {value!r}; use an address such as https://help.example.com.")
    return value


def mail_address(name: str, default: str) -> str:
    """One plain ASCII address; an international domain in its xn-- form."""
    value = text(name, default)
    try:
        validate_email(value if value.isascii() else "")
    except ValidationError:
        raise WrongValue(name, f"is {value!r}; use an address such as support@example.com.") from None
    return value


def host_and_port(name: str, default: str) -> tuple[str, int] | None:
    """`HOST:PORT`, or None when it is set and empty."""
    value = os.environ.get(name, default).strip()
    if not value:
        return None
    host, _, port = value.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 <= int(port[:6]) <= 65535:
        raise WrongValue(name, f"is {value!r}; use HOST:PORT such as 127.0.0.1:2525, or leave it empty for off.")
    return host.strip("[]"), int(port)
