"""The parts of a MIME message, found in one pass over its lines.

The standard library's parser recurses (5,000 nested parts end it) and looks at each line once for every open part. Here
all lines that could be boundaries are found first and then walked with a stack: time and memory are linear, and a
boundary of an outer part ends all inner ones, as in the standard library.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from .headers import Headers, parameters, split_block

MAX_PARTS = 10_000
"""Parts read; what follows stays part of the last one."""
MAX_CANDIDATES = 500_000
"""Lines with two dashes looked at."""
_DASHES = re.compile(rb"^--[^\r\n]+", re.MULTILINE)
_MAX_BOUNDARY = 1_000
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_DOUBLED = re.compile(rb"[^\r\n]{1,1000}\r\r\n[^\r\n]")
"""A relay that turned each \\n into \\r\\n once too often."""
_LEADING = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*")


@dataclass(slots=True)
class Part:
    headers: Headers
    start: int
    """Where the body begins in the raw message."""
    end: int
    type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_parameters: dict[str, str] = field(default_factory=dict)
    parent: int | None = None
    """Index of the multipart that holds this part."""
    boundary: bytes = b""

    @property
    def is_multipart(self) -> bool:
        return self.type.startswith("multipart/")


@dataclass(frozen=True, slots=True)
class Message:
    raw: bytes
    parts: list[Part]
    """In the order of the message; the first is the message itself."""

    def body(self, part: Part) -> bytes:
        """The still encoded body of a part."""
        return self.raw[part.start : part.end]

    def leaves(self) -> Iterator[tuple[int, Part]]:
        return ((index, part) for index, part in enumerate(self.parts) if not part.is_multipart)


def read_message(raw: bytes) -> Message:
    """Split `raw` into its parts. Never raises; what is no MIME is one part of text."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    elif _DOUBLED.match(raw):
        raw = raw.replace(b"\r\r\n", b"\r\n")
    leading = _LEADING.match(raw)
    root = _read_part(raw, leading.end() if leading else 0, len(raw), parent=None, default="text/plain")
    return Message(raw, _Splitter(raw, root).run())


class _Splitter:
    def __init__(self, raw: bytes, root: Part) -> None:
        self.raw = raw
        self.parts = [root]
        self.open: list[int] = []
        """Indexes of the multiparts around this place."""
        self.levels: dict[bytes, list[int]] = {}
        """For each boundary of open multiparts their places in `open`, innermost last."""
        self.budget = 4 * len(raw) + 1_000_000
        """Bytes that looking ahead for boundaries may still read."""
        self.current: int | None = 0
        """The part whose body this place belongs to; None in preambles and epilogues."""

    def run(self) -> list[Part]:
        position = self.parts[0].start
        self._descend(0)
        for match in islice(_DASHES.finditer(self.raw, position), MAX_CANDIDATES):
            if not self.open or len(self.parts) >= MAX_PARTS:
                break
            if match.start() < position:
                continue  # inside the headers of the part just begun
            level, closing = self._level(match.group())
            if level is None:
                continue
            self._end_current(match.start(), level)
            if closing:
                self.current = None
                self._close_from(level)
                continue
            position = self._begin(match.end())
        return self._without_barren()

    def _level(self, line: bytes) -> tuple[int | None, bool]:
        token = line[2:].rstrip()
        if len(token) > _MAX_BOUNDARY:
            return None, False
        if levels := self.levels.get(token):
            return levels[-1], False
        levels = self.levels.get(token[:-2]) if token.endswith(b"--") else None
        return (levels[-1], True) if levels else (None, False)

    def _end_current(self, at: int, level: int) -> None:
        """The line break before a boundary belongs to the boundary."""
        if self.raw[at - 1 : at] == b"\n":
            at -= 2 if self.raw[at - 2 : at] == b"\r\n" else 1
        if self.current is not None:
            self.parts[self.current].end = max(at, self.parts[self.current].start)
        for index in self.open[level + 1 :]:
            self.parts[index].end = max(at, self.parts[index].start)
        self._close_from(level + 1)

    def _close_from(self, level: int) -> None:
        for index in self.open[level:]:
            self.levels[self.parts[index].boundary].pop()
        del self.open[level:]

    def _begin(self, line_end: int) -> int:
        start = line_end + (2 if self.raw[line_end : line_end + 2] == b"\r\n" else 1)
        parent = self.open[-1]
        default = "message/rfc822" if self.parts[parent].type == "multipart/digest" else "text/plain"
        part = _read_part(self.raw, min(start, len(self.raw)), len(self.raw), parent=parent, default=default)
        self.parts.append(part)
        self.current = len(self.parts) - 1
        self._descend(self.current)
        return min(part.start, len(self.raw))

    def _descend(self, index: int) -> None:
        part = self.parts[index]
        if not part.is_multipart:
            return
        boundary = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape").rstrip()
        if not boundary or not self._occurs(boundary, part.start):
            boundary = self._guess(part.start) or boundary
        if not boundary:
            return
        part.boundary = boundary
        self.levels.setdefault(boundary, []).append(len(self.open))
        self.open.append(index)
        self.current = None

    def _occurs(self, boundary: bytes, start: int) -> bool:
        if self.budget <= 0:
            return True
        found = self.raw.find(b"--" + boundary, start)
        self.budget -= (found if found >= 0 else len(self.raw)) - start
        return found >= 0

    def _guess(self, start: int) -> bytes:
        """A multipart that names no boundary, or a wrong one: the first line that looks like one."""
        match = _DASHES.search(self.raw, start, min(start + 10_000, len(self.raw)))
        token = match.group()[2:].rstrip() if match else b""
        return token if 1 < len(token) <= 70 and b" " not in token and token not in self.levels else b""

    def _without_barren(self) -> list[Part]:
        """A multipart without a single part is text after all."""
        parents = {part.parent for part in self.parts}
        for index, part in enumerate(self.parts):
            if part.is_multipart and index not in parents:
                part.type = "text/plain"
        return self.parts


def _read_part(raw: bytes, start: int, end: int, *, parent: int | None, default: str) -> Part:
    headers, body = split_block(raw, start, end)
    type_, params = parameters(headers.raw("content-type"))
    disposition, disposition_params = parameters(headers.raw("content-disposition"))
    if type_ == "multipart":
        type_ = "multipart/mixed"
    found = _TYPE.match(type_)
    return Part(
        headers=headers,
        start=body,
        end=end,
        type=found.group() if found else default,
        parameters=params,
        disposition=disposition,
        disposition_parameters=disposition_params,
        parent=parent,
    )
