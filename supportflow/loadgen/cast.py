"""Who works at the desk: users, teams, tags and files. Few, so the usual operations make them."""

import hashlib
import struct
import zlib
from base64 import encodebytes
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from django.conf import settings

from supportflow.accounts.models import Team, User
from supportflow.accounts.operations import create_team, create_user, set_team_members
from supportflow.core import clock
from supportflow.core.actors import System
from supportflow.desk.models import Mailbox
from supportflow.desk.operations import ensure_first_mailbox
from supportflow.files.operations import store_bytes
from supportflow.loadgen.macros import keep_macros
from supportflow.tags.operations import tags_by_name

BY = System("loadgen")
DOMAIN = "load.example"  # every address that loadgen makes ends so
PEOPLE = (
    ("Amara Okafor", "SUPERVISOR"),
    ("Bjørn Lindqvist", "AGENT"),
    ("Chiara Moretti", "AGENT"),
    ("Dmitri Volkov", "AGENT"),
    ("Elif Yılmaz", "AGENT"),
    ("François Lefèvre", "AGENT"),
    ("Grace Mwangi", "AGENT"),
    ("Haruki Tanaka", "AGENT"),
    ("Inés Castillo", "AGENT"),
    ("Jakub Novák", "AGENT"),
)
# Name, whether private, and the places of its members above.
TEAMS = (
    ("First line", False, (1, 2, 3, 4, 5)),
    ("Technical", False, (4, 5, 6, 7)),
    ("Billing", False, (7, 8)),
    ("Contracts", True, (8, 9)),
)
TAGS = (
    "bug",
    "vip",
    "urgent",
    "feature-request",
    "billing",
    "mobile",
    "login",
    "export",
    "printing",
    "größe",
    "返金",
    "الدعم",
)


class Who(NamedTuple):
    """An actor as the trail names it."""

    type: str
    id: int | None
    name: str


class File(NamedTuple):
    name: str
    content_type: str
    size: int  # bytes
    sha256: str
    base64: str  # as a mail carries it


@dataclass(frozen=True)
class Queue:
    """A team, and who of the agents may be responsible for its tickets."""

    id: int
    name: str
    members: tuple[Who, ...]


@dataclass(frozen=True)
class Cast:
    supervisor: Who
    agents: tuple[Who, ...]
    queues: tuple[Queue, ...]  # the last one is private
    tags: tuple[tuple[int, str], ...]
    files: tuple[File, ...]
    mailbox: Mailbox
    system: int  # the id of the built-in user


def assemble(at: datetime) -> Cast:
    """Those of an earlier run, or new ones who came at that time. Nobody can sign in as them: they have no password."""
    with clock.at(at):
        people = [_user(name, role) for name, role in PEOPLE]
        teams = [_team(name, private, [people[place] for place in places]) for name, private, places in TEAMS]
        tags = {tag.key: tag for tag in tags_by_name(TAGS, by=BY)}
        keep_macros()
        mailbox = ensure_first_mailbox(settings.MAIL_ADDRESS, by=BY)
    supervisor, *agents = (Who("user", user.pk, user.name) for user in people)
    return Cast(
        supervisor,
        tuple(agents),
        tuple(_queue(team) for team in teams),
        tuple((tags[name.casefold()].pk, tags[name.casefold()].name) for name in TAGS),
        tuple(_file(name, content_type, content) for name, content_type, content in _contents()),
        mailbox,
        User.objects.system().pk,
    )


def _user(name: str, role: str) -> User:
    address = f"{name.split(maxsplit=1)[0].encode('ascii', 'ignore').decode().lower()}@{DOMAIN}"
    return User.objects.filter(email__iexact=address).first() or create_user(address, name, role, by=BY)


def _team(name: str, private: bool, members: list[User]) -> Team:
    team = Team.objects.filter(name__iexact=name).first()
    if team is None:
        return create_team(name, is_private=private, members=members, by=BY)
    return set_team_members(team, [*team.members.all(), *members], by=BY)


def _queue(team: Team) -> Queue:
    members = team.members.filter(email__endswith=f"@{DOMAIN}").order_by("pk")
    return Queue(team.pk, team.name, tuple(Who("user", user.pk, user.name) for user in members))


def _file(name: str, content_type: str, content: bytes) -> File:
    sha256, size = store_bytes(BytesIO(content))
    return File(name, content_type, size, sha256, encodebytes(content).decode())


def _contents() -> list[tuple[str, str, bytes]]:
    lines = [hashlib.sha256(str(line).encode()).hexdigest() for line in range(60)]
    table = "\r\n".join(f"{number};{line[:12]};{int(line[:4], 16)}" for number, line in enumerate(lines))
    log = "\n".join(
        f"12:{number:02}:{int(line[:2], 16) % 60:02} ERROR {line[:30]}" for number, line in enumerate(lines)
    )
    return [
        ("screenshot.png", "image/png", _png(48, 30)),
        ("Bildschirmfoto 2.png", "image/png", _png(64, 20)),
        ("orders.csv", "text/csv", table.encode()),
        ("error.log", "text/plain", log.encode()),
        ("Größen und Maße.txt", "text/plain", "Länge 12 · Breite 7 · Höhe 3\n".encode()),
        ("連絡先.json", "application/json", b'{"contacts": []}\n'),
    ]


def _png(width: int, height: int) -> bytes:
    """A picture of two colours (ISO 15948)."""
    rows = b"".join(b"\0" + bytes((row * 7 % 256, 90, 160)) * width for row in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body
