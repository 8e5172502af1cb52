"""Files: up first, then onto a comment by their ids. Each download asks for today's rights."""

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api.answers import made, shown
from supportflow.core.api.problems import too_large
from supportflow.core.api.routing import Routes, kept_answer
from supportflow.core.api.schemas import RowId
from supportflow.core.api.uploads import file_of, upload
from supportflow.core.errors import NotFound
from supportflow.desk.api.comments import FileOut
from supportflow.desk.queries import attachments_visible_to
from supportflow.files.models import Attachment
from supportflow.files.operations import keep_file, store_bytes
from supportflow.files.queries import content_of

attachments = Routes("Attachments")
FORM_ROOM = 100_000  # bytes of a form around its file
_UPLOAD = upload("Upload", "At most 25 MB.")
_CONTENT = {
    "responses": {
        200: {
            "description": "The bytes, always as a download.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@attachments.post("", FileOut, op="attachment_upload", summary="Upload a file", keeps_answer=False, extra=_UPLOAD)
def post_attachment(request: ApiRequest) -> HttpResponseBase:
    """One file as multipart/form-data in the field `file`. One that no comment takes is dropped after a day."""
    # Said before anything is read, so that nobody has to send 60 MB to hear it.
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MAX_FILE_BYTES + FORM_ROOM:
        raise too_large(settings.MAX_FILE_BYTES)
    file = file_of(request)
    if (file.size or 0) > settings.MAX_FILE_BYTES:
        raise too_large(settings.MAX_FILE_BYTES)
    name, claimed = file.name or "file", file.content_type or ""
    request.actor.must("attachment.upload")
    sha256, size = store_bytes(file)

    def act() -> HttpResponse:
        row = keep_file(name, sha256, size, content_type=claimed, by=request.actor)
        return made(FileOut.of(row), f"/api/attachments/{row.pk}")

    return kept_answer(request, f"{name}\n{claimed}\n{sha256}".encode("utf-8", "replace"), act)


@attachments.get("/{id}", FileOut, op="attachment_get", summary="Get what is known of a file")
def get_attachment(request: ApiRequest, id: RowId) -> HttpResponse:
    return shown(request, FileOut.of(_visible(request, id)))


@attachments.get("/{id}/content", None, op="attachment_download", summary="Download a file", extra=_CONTENT)
def get_content(request: ApiRequest, id: RowId) -> HttpResponseBase:
    row = _visible(request, id)
    content = content_of(row)
    response = FileResponse(content, as_attachment=True, filename=row.name, content_type=row.content_type)
    response["Content-Length"] = str(row.size)  # what comes from S3 does not know its length
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _visible(request: ApiRequest, pk: int) -> Attachment:
    row = attachments_visible_to(request.actor).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
