"""Attachments out. Each download asks again whether this person still sees a comment that holds the file."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from supportflow.accounts.middleware import ActingRequest
from supportflow.desk.models import Comment
from supportflow.files.models import Attachment
from supportflow.files.queries import content_of

# What may stand inside a page: pictures that browsers draw without running anything.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


@login_required
@require_safe
def attachment(request: ActingRequest, pk: int) -> HttpResponseBase:
    """The file as a download, whatever it is."""
    return _served(_visible(request, pk), as_attachment=True)


@login_required
@require_safe
def picture(request: ActingRequest, pk: int) -> HttpResponseBase:
    """A picture inside a mail, for the page that shows it."""
    row = _visible(request, pk)
    if row.content_type not in PICTURES:
        raise Http404
    return _served(row, as_attachment=False)


def _visible(request: ActingRequest, pk: int) -> Attachment:
    row = get_object_or_404(Attachment, pk=pk)
    if row.is_attached:
        if not Comment.objects.visible_to(request.actor).filter(attachments=row).exists():
            raise Http404
    elif (row.uploader_type, row.uploader_id) != ("user", request.actor.pk):
        raise Http404
    return row


def _served(row: Attachment, *, as_attachment: bool) -> FileResponse:
    content = content_of(row)
    kind = row.content_type if not as_attachment or row.content_type in PICTURES else "application/octet-stream"
    response = FileResponse(content, as_attachment=as_attachment, filename=row.name, content_type=kind)
    response["Content-Length"] = str(row.size)  # what comes from S3 does not know its length
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store" if as_attachment else "private, max-age=3600"
    return response
