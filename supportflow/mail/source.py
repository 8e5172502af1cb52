"""The bytes of a mail: the first of them to look at, or all as a file for a mail program."""

from django.db.models import BinaryField
from django.db.models.functions import Substr
from django.http import HttpResponse

from supportflow.mail.models import InboundMail, RawMail


def opening_of(mail: InboundMail, most: int) -> tuple[str, bool]:
    """(the first `most` bytes as text, whether that is all); the rest is not read."""
    raw = RawMail.objects.filter(pk=mail.pk).annotate(opening=Substr("content", 1, most, output_field=BinaryField()))
    opening = bytes(raw.values_list("opening", flat=True).first() or b"")
    return opening.decode("utf-8", "replace").replace("\x00", "�"), mail.size <= most


def as_file(content: bytes, name: str) -> HttpResponse:
    """As it is, whatever is in it: no browser shows it."""
    response = HttpResponse(content, content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
