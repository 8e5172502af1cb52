"""The mailbox that we fetch from, as IMAP_URL says it. Imports no Django: the settings are made of it."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

FORM = "write imaps://user:password@host/INBOX, with @ : / % in user and password as %40 %3A %2F %25"
PORTS = {"imaps": 993, "imap": 143}


@dataclass(frozen=True)
class ImapAddress:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    is_tls: bool

    @classmethod
    def parse(cls, url: str) -> "ImapAddress":
        """Raises ValueError with what would be right; its text never holds the password."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            raise ValueError(f"cannot be read; {FORM}") from None
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        if not (port and parts.hostname) or parts.query or parts.fragment:
            raise ValueError(f"cannot be used; {FORM}")
        if not user or not password:
            raise ValueError(f"names no user or no password; {FORM}")
        # A line break in one of them would be a command of its own on the wire.
        if not (user + password + folder).isprintable() or len(user + parts.hostname + folder) > 400:
            raise ValueError(f"holds characters that no server takes, or is too long; {FORM}")
        return cls(parts.hostname, port, user, password, folder, is_tls=parts.scheme == "imaps")

    @property
    def name(self) -> str:
        """What it is called on pages, in logs and in the database: the same folder whatever the way to it."""
        return f"{self.user}@{self.host}/{self.folder}"
