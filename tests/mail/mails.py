"""Raw mails, built line by line: the standard library's writer refuses to make the mistakes that real mail has."""

from supportflow.mail.parsing import ParsedMail, parse

SENDER = b"From: Sarah Johnson <sarah@acme.example>"


def raw(*lines: bytes | str, charset: str = "utf-8") -> bytes:
    """Lines joined as SMTP has them; text in `charset`."""
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode(charset) for line in lines)


def plain(body: bytes | str, *headers: bytes | str, type_: str = 'text/plain; charset="utf-8"') -> bytes:
    """A mail of Sarah's with one text part."""
    return raw(SENDER, f"Content-Type: {type_}", *headers, "", body)


def html(body: str, *headers: bytes | str) -> bytes:
    return plain(body, *headers, type_='text/html; charset="utf-8"')


def multipart(
    subtype: str, *parts: bytes, headers: tuple[bytes | str, ...] = (), boundary: str = "=-frontier"
) -> bytes:
    body: list[bytes | str] = []
    for part in parts:
        body += [f"--{boundary}", part]
    return raw(
        SENDER,
        "MIME-Version: 1.0",
        *headers,
        f'Content-Type: multipart/{subtype}; boundary="{boundary}"',
        "",
        "This is a multi-part message in MIME format.",
        *body,
        f"--{boundary}--",
        "",
    )


def part(type_: str, body: bytes | str, *headers: bytes | str) -> bytes:
    return raw(f"Content-Type: {type_}", *headers, "", body)


def read(data: bytes) -> ParsedMail:
    mail = parse(data)
    assert mail.error is None
    return mail
