"""A throw-away Dovecot on loopback: own folder, own configuration, mails in maildirs."""

import imaplib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.growing.programs import Program, need
from tests.processes import free_port

USER, PASSWORD = "support@supportflow.example", "a:wOrd/with@signs%"
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
protocols = imap
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
{users}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
"""


@dataclass
class Dovecot:
    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    program: Program | None = None

    @property
    def url(self) -> str:
        return self.url_with()

    def url_with(self, password: str = PASSWORD, folder: str = "INBOX", port: int = 0) -> str:
        user, secret = USER.replace("@", "%40"), password.replace("%", "%25").replace("/", "%2F").replace("@", "%40")
        return f"imap://{user}:{secret.replace(':', '%3A')}@127.0.0.1:{port or self.port}/{folder}"

    @property
    def certificate(self) -> str:
        """SSL_CERT_FILE of who is to trust it."""
        return str(self.folder / "cert.pem")

    @property
    def log(self) -> str:
        file = self.folder / "log"
        return file.read_text(errors="replace") if file.exists() else ""

    def start(self) -> None:
        self.program = Program([need("dovecot"), "-F", "-c", str(self.folder / "conf")], self.folder, self.port)
        try:
            self.program.start()
        except AssertionError:
            raise AssertionError(self.log[-3000:]) from None

    def stop(self) -> None:
        if self.program is not None:
            self.program.stop()

    @contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """A person's mail program."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=30)
        client.login(USER, PASSWORD)
        client.select(folder)
        try:
            yield client
        finally:
            client.logout()

    def put(self, *mails: bytes, flags: str = "") -> None:
        with self.client() as client:
            for raw in mails:
                status, told = client.append("INBOX", flags, "", raw)
                assert status == "OK", told

    def flags(self) -> dict[int, set[str]]:
        """UID → what is marked."""
        with self.client() as client:
            told = client.uid("FETCH", "1:*", "(FLAGS)")[1]
        found = re.findall(r"UID (\d+) FLAGS \(([^)]*)\)", " ".join(part.decode() for part in told if part))
        return {int(uid): set(flags.split()) - {"\\Recent"} for uid, flags in found}

    def number_anew(self) -> None:
        """As after a restore: the same mails and marks, another UIDVALIDITY and other UIDs."""
        self.stop()
        for file in self.folder.glob("mail/dovecot*"):
            file.unlink()
        self.start()


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    # Not pytest's folder: the path of a socket has at most 107 letters.
    server = Dovecot(Path(tempfile.mkdtemp(prefix="sf-dovecot-")))
    try:
        configure(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def configure(server: Dovecot) -> None:
    """As root its parts change to Debian's users, and mails belong to nobody: it refuses to be root for them."""
    folder, me = server.folder, pwd.getpwuid(os.geteuid())
    owner = pwd.getpwnam("nobody") if me.pw_uid == 0 else me
    users = "" if me.pw_uid == 0 else f"default_internal_user = {me.pw_name}\ndefault_login_user = {me.pw_name}"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run(make, check=True, capture_output=True)
    (folder / "users").write_text(f"{USER}:{{PLAIN.b64}}{b64encode(PASSWORD.encode()).decode()}\n")
    text = CONFIGURATION.format(
        folder=folder, uid=owner.pw_uid, gid=owner.pw_gid, users=users, port=server.port, tls_port=server.tls_port
    )
    (folder / "conf").write_text(text)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    folder.chmod(0o755)
    (folder / "users").chmod(0o644)
