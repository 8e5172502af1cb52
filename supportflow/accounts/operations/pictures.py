"""The picture of a user."""

import hashlib

from supportflow.accounts import images
from supportflow.accounts.models import Picture, User
from supportflow.core.actors import Actor, is_self
from supportflow.core.door import change, lock, operation, record


@operation
def set_picture(user: User, content: bytes | None, *, version: int | None = None, by: Actor) -> User:
    """A PNG or JPEG without anything but the image itself, or None for the initials. Raises Invalid."""
    if not is_self(by, user.pk):
        by.must("user.update")
    image = images.bare("picture", content) if content is not None else None
    user = lock(user, version=version)
    name = hashlib.sha256(image.content).hexdigest()[:16] if image else ""
    if changes := change(user, picture=name):
        Picture.objects.filter(user=user).delete()
        if image:
            Picture(user=user, content_type=image.content_type, content=image.content).save(force_insert=True)
        record("user.updated", user, by=by, **changes)
    return user
