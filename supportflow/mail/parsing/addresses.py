"""Address lists as mail programs write them (RFC 5322 and everything beside it). Linear, never raises."""

import re
from dataclasses import dataclass

from .headers import Headers, clean_line, decode_words, unfold

MAX_ADDRESSES = 2_000
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@]{1,256}@[^\s<>(),;:\"@]{1,255}|\"[^\"]{1,256}\"@[^\s<>(),;:\"@]{1,255}")
_SYNTAX = re.compile(r'"(?:[^"\\]|\\.){0,500}+"|<[^<>]*>|[(),;:]')
_NEAR = 1_000
"""Characters within which a comment closes, else it is none."""
_QUOTES = "\"'\u201c\u201d\u2018\u2019 "


@dataclass(frozen=True, slots=True)
class Address:
    email: str
    name: str = ""

    @property
    def key(self) -> str:
        """For comparing: addresses differ by more than their case or they do not differ."""
        return self.email.lower()


def parse_addresses(value: bytes, charset: str | None = None) -> list[Address]:
    """The mailboxes of one header, groups flattened, what is no address left out, repeats too."""
    found: dict[str, Address] = {}
    name_before = ""
    for part in _split(unfold(value, charset)):
        address = _read(part)
        if address is None:
            # "Doe, Jane <jane@…>" without quotes: the first half of the name came alone.
            name_before = clean_line(part) if "<" not in part and "@" not in part and len(part) < 100 else ""
            continue
        if name_before and address.name and '"' not in part:
            address = Address(address.email, f"{decode_words(name_before)}, {address.name}")
        name_before = ""
        found.setdefault(address.key, address)
        if len(found) >= MAX_ADDRESSES:
            break
    return list(found.values())


def addresses_of(headers: Headers, name: str) -> list[Address]:
    """All addresses of all headers of this name."""
    found: dict[str, Address] = {}
    for value in headers.all(name)[:50]:
        for address in parse_addresses(value, headers.charset):
            found.setdefault(address.key, address)
    return list(found.values())


def is_address(text: str) -> bool:
    return len(text) <= 320 and bool(_ADDRESS.fullmatch(text))


def _split(text: str) -> list[str]:
    """Split at commas and semicolons outside quotes, brackets and comments; group names fall away at their colon.

    A quote or bracket that never closes is an ordinary character.
    """
    parts: list[str] = []
    start = comment = 0
    for match in _SYNTAX.finditer(text):
        character = match.group()[0]
        if character == "(" or (character == ")" and comment):
            comment += 1 if character == "(" else -1
        elif comment and text.find(")", match.end(), match.end() + _NEAR) >= 0:
            continue
        elif character in ",;":
            parts.append(text[start : match.start()])
            start = match.end()
        elif character == ":" and text[start : match.start()].strip().lower() != "mailto":
            start = match.end()
    return [*parts, text[start:]]


def _read(part: str, *, decoded: bool = False) -> Address | None:
    part = part.strip()
    if "@" not in part and "=?" in part and not decoded:
        return _read(decode_words(part), decoded=True)
    before, bracket, rest = part.rpartition("<")
    if bracket:
        inside, _, after = rest.partition(">")
        email = _email(inside)
        if email is None:
            email, before = _email(before), ""
        return Address(email, _name(before) or _name(after)) if email else None
    bare, comment = _without_comment(part)
    match = _ADDRESS.search(bare) or _ADDRESS.search(bare := bare.replace(" @", "@").replace("@ ", "@"))
    if match is None:
        return None
    return Address(
        match.group(), _name(comment) or _name(re.sub(r"mailto:\Z", "", bare[: match.start()], flags=re.IGNORECASE))
    )


def _email(text: str) -> str | None:
    """The address in brackets: without routes, spaces, `mailto:` and stray quotes."""
    text = decode_words(text).strip().strip("'")
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    match = _ADDRESS.search(text) or _ADDRESS.search(text.replace(" ", ""))
    return match.group() if match else None


def _without_comment(part: str) -> tuple[str, str]:
    """Text outside round brackets and the text of the last such comment."""
    outside: list[str] = []
    inside: list[str] = []
    depth = 0
    for character in part:
        if character == "(":
            inside = inside if depth else []
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif depth:
            inside.append(character)
        else:
            outside.append(character)
    if depth:  # a bracket that never closes is none
        return part.replace("(", " "), ""
    return "".join(outside), "".join(inside)


def _name(text: str) -> str:
    """A display name: encoded words decoded, quotes and backslashes of the notation gone."""
    text, _ = _without_comment(text) if "(" in text and '"' not in text else (text, "")
    text = re.sub(r"\\(.)", r"\1", text.strip())
    name = decode_words(text.strip(_QUOTES)).strip(_QUOTES)
    return name[:200]
