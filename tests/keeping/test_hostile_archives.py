"""An archive is believed nothing: what is not whole, not ours or too new is refused, and nothing is unpacked of it."""

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_django

from supportflow.keeping import CannotKeep
from supportflow.keeping.checking import read
from supportflow.keeping.upgrade import silent

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture(autouse=True)
def files_of_their_own(django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """The archive's database is an SQLite file; the one of the run is not touched."""
    with django_db_blocker.unblock():
        yield


def members(archive: Path) -> Members:
    with tarfile.open(archive) as tar:
        return [(info, (tar.extractfile(info) or io.BytesIO()).read()) for info in tar]


def written(found: Members, file: Path) -> Path:
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in found:
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return file


def with_manifest(found: Members, **changed: Any) -> Members:
    """Signed anew at its end, as somebody would who means it."""
    manifest = json.dumps(json.loads(found[0][1]) | changed).encode()
    ending = json.loads(found[-1][1]) | {"manifest_sha256": hashlib.sha256(manifest).hexdigest()}
    return [(found[0][0], manifest), *found[1:-1], (found[-1][0], json.dumps(ending).encode())]


def named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b"x" if kind == tarfile.REGTYPE else b""


def changed_row(found: Members) -> Members:
    """The manifest promises other rows than the database has."""
    tables = json.loads(found[0][1])["tables"]
    tables["desk_ticket"]["checksum"] = "0" * 16
    return with_manifest(found, tables=tables)


def bomb(found: Members) -> Members:
    return [found[0], (found[1][0], gzip.compress(bytes(64 << 20))), *found[2:]]


def flipped(found: Members) -> Members:
    place = next(place for place, (info, _) in enumerate(found) if info.name.startswith("attachments/"))
    info, content = found[place]
    return [*found[:place], (info, content[:-1] + bytes([content[-1] ^ 1])), *found[place + 1 :]]


LATER = ["desk.0001_initial", "desk.9999_of_next_year"]
HOSTILE: dict[str, tuple[Callable[[Members], Members], str]] = {
    "traversal": (lambda found: [found[0], named("../../etc/passwd"), *found[1:]], "no backup of ours holds"),
    "absolute": (lambda found: [found[0], named("/etc/passwd"), *found[1:]], "no backup of ours holds"),
    "link": (lambda found: [found[0], named("secret_key", tarfile.SYMTYPE, "/etc/passwd")], "no backup of ours holds"),
    "hard link": (lambda found: [found[0], named("secret_key", tarfile.LNKTYPE, "x")], "no backup of ours holds"),
    "device": (lambda found: [found[0], named("secret_key", tarfile.CHRTYPE)], "no backup of ours holds"),
    "folder": (lambda found: [found[0], named("attachments", tarfile.DIRTYPE)], "no backup of ours holds"),
    "twice": (lambda found: [*found[:3], *found[2:]], "not in its place"),
    "no manifest": (lambda found: found[1:], "does not begin with a manifest"),
    "no end": (lambda found: found[:-1], "ends before its last part"),
    "no database": (lambda found: [found[0], *found[2:]], "does not hold what its manifest says"),
    "no attachment": (lambda found: [*found[:-2], found[-1]], "attachments are missing"),
    "no key": (lambda found: [*found[:2], *found[3:]], "does not hold what its manifest says"),
    "other bytes": (flipped, "other bytes than its name says"),
    "bomb": (bomb, "larger than its manifest says"),
    "large database": (lambda found: with_manifest(found, database_bytes=10), "larger than its manifest says"),
    "endless database": (lambda found: with_manifest(found, database_bytes=10**15), "are free"),
    "infinite database": (lambda found: with_manifest(found, database_bytes=1e300), "cannot be read"),
    "half a file": (lambda found: with_manifest(found, attachments=5.5), "cannot be read"),
    "nonsense": (lambda found: with_manifest(found, tables=7), "cannot be read"),
    "deep": (lambda found: [(found[0][0], b"[" * 100_000), *found[1:]], "cannot be read"),
    "later format": (lambda found: with_manifest(found, format=2), "newer version"),
    "later version": (lambda found: with_manifest(found, migrations=LATER, version="9.9"), "newer version"),
    "other manifest": (lambda found: [with_manifest(found, version="x")[0], *found[1:]], "does not hold what"),
    "other rows": (changed_row, "desk_ticket has"),
}


def refused(file: Path, tmp_path: Path) -> str:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    with pytest.raises(CannotKeep) as problem:
        read(file, scratch, silent)
    assert "\n" not in str(problem.value)
    return str(problem.value)


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_not_as_we_write_it_is_refused(kind: str, archive: Path, tmp_path: Path) -> None:
    change, told = HOSTILE[kind]
    assert told in refused(written(change(members(archive)), tmp_path / "bad.tar"), tmp_path)


def test_cut_short_at_any_place(archive: Path, tmp_path: Path) -> None:
    whole, cut = archive.read_bytes(), tmp_path / "cut.tar"
    ends = [*range(0, len(whole) - 1024, len(whole) // 40), len(whole) - 1500]
    for end in ends:
        cut.write_bytes(whole[:end])
        assert refused(cut, tmp_path)


def with_a_changed_bit(name: str, content: bytes, place: int) -> bytes:
    """At this place, or the next where it changes what is said: in a text that repeats itself a packed bit may only
    tell where to copy the same from."""
    bad = bytearray(content)
    bad[place] ^= 4
    if name.endswith(".gz") and says_the_same(bytes(bad), content):
        return with_a_changed_bit(name, content, place + 1)
    return bytes(bad)


def says_the_same(packed: bytes, other: bytes) -> bool:
    try:
        return gzip.decompress(packed) == gzip.decompress(other)
    except (OSError, EOFError, zlib.error):
        return False


def test_a_changed_bit_in_any_place_is_seen(archive: Path, tmp_path: Path) -> None:
    """Of what counts: the names, sizes and bytes, not the padding or the times."""
    for info, content in (found := members(archive)):
        for place in {0, len(content) // 2, len(content) - 1}:
            bad = with_a_changed_bit(info.name, content, place)
            mended = [(one, bad if one is info else text) for one, text in found]
            assert refused(written(mended, tmp_path / "bad.tar"), tmp_path)


NO_ARCHIVES = {
    "nothing": b"",
    "zeros": b"\0" * 4096,
    "zip": b"PK\3\4" + b"x" * 5000,
    "gzip": gzip.compress(b"tar" * 1000),
}


@pytest.mark.parametrize("content", NO_ARCHIVES.values(), ids=NO_ARCHIVES)
def test_no_archive_at_all(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "some").write_bytes(content)
    assert refused(tmp_path / "some", tmp_path)


def test_huge_extension_headers_are_not_read(tmp_path: Path) -> None:
    """tarfile would take a name of a gigabyte into memory."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    (tmp_path / "long.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    assert "no backup of ours holds" in refused(tmp_path / "long.tar", tmp_path)


def test_the_whole_one_is_taken(archive: Path, tmp_path: Path) -> None:
    found = read(archive, tmp_path, silent)
    assert found.manifest.attachments == found.ending.attachments == 6
