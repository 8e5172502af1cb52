"""The own picture."""

from django.http import HttpResponse

from supportflow.accounts.api.people import MeOut, me, my_answer
from supportflow.accounts.api.tokens import ApiRequest
from supportflow.accounts.images import MAX_BYTES
from supportflow.accounts.models import User
from supportflow.accounts.operations import set_picture
from supportflow.core.api.answers import gone, wanted_version
from supportflow.core.api.uploads import file_of, upload
from supportflow.core.errors import Invalid

__all__ = ["me"]  # with these routes
_UPLOAD = upload("PictureUpload", "PNG or JPEG, at most 512 kB and 1024 pixels a side.")


@me.post(
    "/picture", MeOut, op="me_picture_set", summary="Set the own picture", status=200, keeps_answer=False, extra=_UPLOAD
)
def post_picture(request: ApiRequest) -> HttpResponse:
    """As multipart/form-data in the field `file`. Nothing but the image itself is kept of it."""
    file = file_of(request)
    try:
        set_picture(User.objects.get(pk=request.actor.pk), file.read(MAX_BYTES + 1), by=request.actor)
    except Invalid as error:
        raise Invalid({"file": error.message}) from None
    return my_answer(request)


@me.delete("/picture", op="me_picture_remove", summary="Remove the own picture")
def delete_picture(request: ApiRequest) -> HttpResponse:
    user = User.objects.get(pk=request.actor.pk)
    set_picture(user, None, version=wanted_version(request, user), by=request.actor)
    return gone()
