"""One file as multipart/form-data: how it is documented, and how it is read."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from supportflow.core.api.problems import Problem
from supportflow.core.errors import Invalid


def upload(title: str, description: str) -> dict[str, Any]:
    """`extra` of a route that takes one file in the field `file`."""
    schema = {
        "type": "object",
        "title": title,
        "properties": {"file": {"type": "string", "format": "binary", "description": description}},
        "required": ["file"],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def file_of(request: HttpRequest) -> UploadedFile[bytes]:
    if request.content_type != "multipart/form-data":
        raise Problem(415, "media_type", _("Send the file as multipart/form-data."))
    if unknown := sorted({*request.POST, *request.FILES} - {"file"}):
        raise Invalid({name[:60]: _("There is no such field.") for name in unknown[:20]})
    files = request.FILES.getlist("file")
    if len(files) != 1:
        raise Invalid({"file": _("Send one file in this field.")})
    return files[0]
