"""The file that a backup is: a plain tar (POSIX ustar) that common tools unpack too.

    manifest.json               what must be in the rest
    database/00001.gz …         an SQLite file in pieces: cat database/* | gunzip > supportflow.sqlite3
    secret_key                  unless left out
    attachments/ab/abcd…        each named by the SHA-256 of its bytes
    complete.json               last: without it the archive was cut short

Whoever reads one believes nothing of it: the header blocks are read one by one (tarfile's own reader would take names
and extensions of any size), and nothing but regular files of these names, in this order, is accepted.
"""

import gzip
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from supportflow.keeping import CannotKeep

FORMAT = 1
BLOCK = 512  # bytes, tar's own
PIECE = 8 << 20  # bytes of the database in one piece, before it is packed
PART = 1 << 20  # bytes in memory at a time
LARGEST_TOLD = 32 << 20  # bytes of manifest.json; a table is a line in it
NAMES = re.compile(r"(manifest|complete)\.json|database/\d{5}\.gz|secret_key|attachments/[0-9a-f]{2}/[0-9a-f]{64}")
ORDER = {"manifest.json": 0, "database": 1, "secret_key": 2, "attachments": 3, "complete.json": 4}
DAMAGED = "The archive is damaged"


@dataclass
class Sums:
    """What a table held: how many rows, and a checksum that is the same in every database."""

    rows: int
    checksum: str


@dataclass
class Manifest:
    version: str  # of SupportFlow
    made_at: str  # ISO 8601, UTC
    vendor: str  # of the database that it was made of
    migrations: list[str]  # "app.name", in the order in which they were applied
    tables: dict[str, Sums]
    database_bytes: int
    database_sha256: str
    attachments: int | None  # how many; None when they were left out
    attachment_bytes: int
    secret_key_sha256: str | None  # None when it was left out
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    @classmethod
    def parse(cls, text: bytes) -> "Manifest":
        try:
            told = json.loads(text)
            told["tables"] = {
                str(name): Sums(int(sums["rows"]), str(sums["checksum"])) for name, sums in told["tables"].items()
            }
            if told.get("format", 0) > FORMAT:
                raise CannotKeep(
                    f"The archive is of a newer version ({str(told.get('version'))[:20]}). Update SupportFlow first."
                )
            manifest = cls(**told)
            numbers = (manifest.database_bytes, manifest.attachments or 0, manifest.attachment_bytes, manifest.format)
            if any(type(number) is not int for number in numbers) or min(numbers) < 0:
                raise ValueError
            manifest.migrations = [str(name) for name in manifest.migrations]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise CannotKeep(f"{DAMAGED}: its manifest cannot be read.") from None
        return manifest


@dataclass
class Ending:
    """What is only known when all is written."""

    manifest_sha256: str
    attachments: int
    lost: list[str] = field(default_factory=list)  # the SHA-256 of attachments that the storage had not, or changed


class Writer:
    """Members one after the other, in the order of the format."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def add(self, name: str, size: int, content: IO[bytes]) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._file.write(info.tobuf(tarfile.USTAR_FORMAT))
        written = 0
        while part := content.read(min(PART, size - written)):
            self._file.write(part)
            written += len(part)
        assert written == size, name
        self._file.write(bytes(-size % BLOCK))

    def end(self) -> None:
        self._file.write(bytes(2 * BLOCK))


def packed(database: IO[bytes]) -> Iterator[bytes]:
    while piece := database.read(PIECE):
        yield gzip.compress(piece, 1, mtime=0)


def as_json(told: Manifest | Ending) -> bytes:
    return (json.dumps(asdict(told), indent=1) + "\n").encode()


@dataclass
class Member:
    name: str
    size: int
    kind: str


class Reader:
    """What an archive holds, one member after the other; raises CannotKeep for whatever is not as we write it."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._size, self._left = file, size, 0

    def members(self) -> Iterator[Member]:
        """Each, in its order; its bytes must be read (`parts`) before the next is asked for."""
        last: tuple[int, str] = (-1, "")
        while (member := self._next()).kind != "end":
            place = (ORDER[member.kind], member.name)
            if place <= last:
                raise CannotKeep(f"{DAMAGED}: {member.name} is not in its place.")
            if last[0] < 0 and member.kind != "manifest.json":
                raise CannotKeep("This is no backup of SupportFlow: it does not begin with a manifest.")
            last = place
            self._left = member.size
            yield member
            self._skip(member)
            if member.kind == "complete.json":
                return
        raise CannotKeep(f"{DAMAGED}: it ends before its last part.")

    def parts(self) -> Iterator[bytes]:
        """The bytes of the present member."""
        while self._left:
            part = self._file.read(min(PART, self._left))
            if not part:
                raise CannotKeep("The archive was cut short. Use another one.")
            self._left -= len(part)
            yield part

    def text(self, member: Member) -> bytes:
        if member.size > LARGEST_TOLD:
            raise CannotKeep(f"{DAMAGED}: {member.name} is too large.")
        return b"".join(self.parts())

    def _next(self) -> Member:
        block = self._file.read(BLOCK)
        if len(block) < BLOCK:
            raise CannotKeep("The archive was cut short. Use another one.")
        if not any(block):
            return Member("", 0, "end")
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise CannotKeep("This is no backup of SupportFlow, or it is damaged.") from None
        if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or not NAMES.fullmatch(info.name):
            raise CannotKeep(
                f"The archive holds what no backup of ours holds ({info.name[:80]!r}). It was not unpacked."
            )
        if not 0 <= info.size <= self._size:
            raise CannotKeep("The archive was cut short. Use another one.")
        return Member(info.name, info.size, info.name.partition("/")[0])

    def _skip(self, member: Member) -> None:
        for _ in self.parts():
            pass
        padding = -member.size % BLOCK
        if len(self._file.read(padding)) < padding:
            raise CannotKeep("The archive was cut short. Use another one.")


def unpacked(parts: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The bytes of one piece; raises CannotKeep when they are more than `most`, however small they came."""
    unpack, given = zlib.decompressobj(wbits=31), 0
    try:
        for part in parts:
            plain = b""
            while part or len(plain) == PART:  # so many bytes: there may be more of them inside
                plain = unpack.decompress(part, PART)
                given += len(plain)
                if given > most or unpack.unused_data:
                    raise CannotKeep(f"{DAMAGED}: a piece of the database is larger than it may be.")
                yield plain
                part = unpack.unconsumed_tail
    except zlib.error:
        raise CannotKeep(f"{DAMAGED}: a piece of the database cannot be unpacked.") from None
    if not unpack.eof:
        raise CannotKeep(f"{DAMAGED}: a piece of the database is not whole.")


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parse_ending(text: bytes) -> Ending:
    try:
        told: dict[str, Any] = json.loads(text)
        return Ending(str(told["manifest_sha256"]), int(told["attachments"]), [str(one) for one in told["lost"]])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise CannotKeep(f"{DAMAGED}: its end cannot be read.") from None
