"""The own picture."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from supportflow.accounts.api.people import MeOut, me, my_answer
from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.images import MAX_BYTES
from supportflow.accounts.models import User
from supportflow.accounts.operations import set_picture
from supportflow.core.api.answers import gone, wanted_version
from supportflow.core.api.problems import Problem
from supportflow.core.errors import Invalid

__all__ = ["me"]  # with these routes
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "title": "PictureUpload",
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "PNG or JPEG, at most 512 kB and 1024 pixels a side.",
                        }
                    },
                    "required": ["file"],
                    "additionalProperties": False,
                }
            }
        },
    }
}


@me.post(
    "/picture", MeOut, op="me_picture_set", summary="Set the own picture", status=200, keeps_answer=False, extra=_UPLOAD
)
def post_picture(request: ApiRequest) -> HttpResponse:
    """As multipart/form-data in the field `file`. Nothing but the image itself is kept of it."""
    if request.content_type != "multipart/form-data":
        raise Problem(415, "media_type", _("Send the file as multipart/form-data."))
    if unknown := sorted({*request.POST, *request.FILES} - {"file"}):
        raise Invalid({name[:60]: _("There is no such field.") for name in unknown[:20]})
    files = request.FILES.getlist("file")
    if len(files) != 1:
        raise Invalid({"file": _("Send one file in this field.")})
    try:
        set_picture(User.objects.get(pk=request.actor.pk), files[0].read(MAX_BYTES + 1), by=request.actor)
    except Invalid as error:
        raise Invalid({"file": error.message}) from None
    return my_answer(request)


@me.delete("/picture", op="me_picture_remove", summary="Remove the own picture")
def delete_picture(request: ApiRequest) -> HttpResponse:
    user = User.objects.get(pk=request.actor.pk)
    set_picture(user, None, version=wanted_version(request, user), by=request.actor)
    return gone()
