"""Reads archives: every byte is looked at before anything is believed."""

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from supportflow.keeping import CannotKeep, copies, schema, space
from supportflow.keeping.archive import DAMAGED, PIECE, Ending, Manifest, Member, Reader, parse_ending, unpacked
from supportflow.keeping.aside import NotAllowed, PostgresAside
from supportflow.keeping.copies import Advance

Progress = Callable[[int, str], AbstractContextManager[Advance]]
KEY_FORM = re.compile(rb"[^\x00-\x1f\x7f]{32,4096}")  # whatever the settings take: blanks too


@dataclass
class Checked:
    """A whole archive whose rows are what its manifest says. `database` -- them, in an SQLite file"""

    manifest: Manifest
    ending: Ending
    database: Path
    secret_key: bytes | None
    how: str = ""


def check(file: Path, scratch: Path, progress: Progress) -> Checked:
    """A trial restore: into a file, and on PostgreSQL from there into a schema of its own as well."""
    found = read(file, scratch, progress)
    found.how = "restored into a scratch file, all rows compared"
    if connection.vendor == "postgresql":
        try_on_server(found, progress)
    found.database.unlink()
    return found


def try_on_server(found: Checked, progress: Progress) -> None:
    place = PostgresAside("supportflow_check")
    try:
        with progress(2 * found.manifest.rows, "Restoring for trial") as advance:
            place.fill(found.database, found.manifest.migrations, found.manifest.tables, advance)
        found.how = "restored into a scratch schema of the server, all rows compared"
    except NotAllowed:
        found.how += " (no restore on the server for trial: it does not allow a schema)"
    finally:
        place.drop()


def read(file: Path, scratch: Path, progress: Progress) -> Checked:
    """Raises CannotKeep for an archive that is not whole, not ours, or of a newer version."""
    try:
        size = file.stat().st_size
        with file.open("rb") as opened, progress(size, "Reading the archive") as advance:
            found = _Reading(Reader(opened, size), scratch, advance).run()
    except IsADirectoryError:
        raise CannotKeep(f"{file} is a folder. Name the archive in it.") from None
    manifest = found.manifest
    with progress(manifest.rows, "Checking the rows") as advance:
        copies.examine(found.database, manifest.migrations, manifest.tables, advance)
    return found


class _Reading:
    """One pass over an archive: the database into a file, everything else by its checksum."""

    def __init__(self, reader: Reader, scratch: Path, advance: Advance) -> None:
        self.reader, self.scratch, self.advance = reader, scratch, advance
        self.database = scratch / "restored.sqlite3"
        self.manifest: Manifest | None = None
        self.manifest_sha256 = ""
        self.secret_key: bytes | None = None
        self.attachments, self.bytes = 0, 0
        self.digest = hashlib.sha256()

    def run(self) -> Checked:
        ending = None
        for member in self.reader.members():
            match member.kind:
                case "manifest.json":
                    self.begin(self.reader.text(member))
                case "database":
                    self.take_piece()
                case "secret_key":
                    self.secret_key = self.key(member)
                case "attachments":
                    self.look_at(member)
                case _:
                    ending = parse_ending(self.reader.text(member))
            self.advance(member.size)
        assert self.manifest
        assert ending
        self.compare(self.manifest, ending)
        return Checked(self.manifest, ending, self.database, self.secret_key)

    def begin(self, text: bytes) -> None:
        self.manifest = Manifest.parse(text)
        self.manifest_sha256 = hashlib.sha256(text).hexdigest()
        if unknown := schema.newer_than_ours(self.manifest.migrations):
            raise CannotKeep(
                f"The archive is of a newer version ({self.manifest.version[:20]}, with {unknown[0][:80]}). "
                "Update SupportFlow first."
            )
        space.refuse_lack({self.scratch: self.manifest.database_bytes})
        self.database.touch(mode=0o600)

    def take_piece(self) -> None:
        assert self.manifest
        with self.database.open("ab") as database:
            for part in unpacked(self.reader.parts(), PIECE):
                self.digest.update(part)
                self.bytes += len(part)
                if self.bytes > self.manifest.database_bytes:
                    raise CannotKeep(f"{DAMAGED}: its database is larger than its manifest says.")
                database.write(part)

    def key(self, member: Member) -> bytes:
        key = self.reader.text(member)
        if not KEY_FORM.fullmatch(key):
            raise CannotKeep(f"{DAMAGED}: its secret key is none.")
        return key

    def look_at(self, member: Member) -> None:
        digest = hashlib.sha256()
        for part in self.reader.parts():
            digest.update(part)
        sha256 = digest.hexdigest()
        if member.name != f"attachments/{sha256[:2]}/{sha256}":
            raise CannotKeep(f"{DAMAGED}: {member.name} has other bytes than its name says.")
        self.attachments += 1

    def compare(self, manifest: Manifest, ending: Ending) -> None:
        key = None if self.secret_key is None else hashlib.sha256(self.secret_key).hexdigest()
        said = (manifest.database_bytes, manifest.database_sha256, ending.manifest_sha256, manifest.secret_key_sha256)
        if said != (self.bytes, self.digest.hexdigest(), self.manifest_sha256, key):
            raise CannotKeep(f"{DAMAGED}: it does not hold what its manifest says.")
        named = self.attachments + len(ending.lost)
        if self.attachments != ending.attachments or named != (manifest.attachments or 0):
            raise CannotKeep(f"{DAMAGED}: attachments are missing in it.")
        with self.database.open("rb") as database:
            os.fsync(database.fileno())
