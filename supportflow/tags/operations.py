"""Tags are made, renamed, recoloured and deleted here."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from supportflow.core import text
from supportflow.core.actors import Actor
from supportflow.core.door import change, lock, operation, record
from supportflow.core.errors import Invalid
from supportflow.tags.models import Tag

DEFAULT_COLOR = "#6b7280"


@operation
def create_tag(name: str, color: str = DEFAULT_COLOR, *, by: Actor) -> Tag:
    by.must("tag.create")
    name = _free_name(name)
    tag = Tag(name=name, key=name.casefold(), color=_color(color))
    tag.save(force_insert=True)
    record("tag.created", tag, by=by, meta={"name": tag.name, "color": tag.color})
    return tag


@operation
def update_tag(
    tag: Tag, *, name: str | None = None, color: str | None = None, version: int | None = None, by: Actor
) -> Tag:
    """Rename or recolour; every ticket and contact that wears it follows."""
    by.must("tag.update")
    tag = lock(tag, version=version)
    values = {}
    if name is not None:
        values["name"] = _free_name(name, tag)
        values["key"] = values["name"].casefold()
    if color is not None:
        values["color"] = _color(color)
    if changes := change(tag, **values):
        changes.pop("key", None)  # it follows from the name
        record("tag.updated", tag, by=by, **changes)
    return tag


@operation
def delete_tag(tag: Tag, *, version: int | None = None, by: Actor) -> None:
    """Taken off everything that wears it; the trail keeps its name."""
    by.must("tag.delete")
    tag = lock(tag, version=version)
    record("tag.deleted", tag, by=by, meta={"name": tag.name, "color": tag.color})
    tag.delete()


def tags_by_name(names: Iterable[str], *, by: Actor, create: bool = True) -> list[Tag]:
    """The tags with these names, whatever their case; made where missing. Raises Invalid naming `tags`."""
    wanted = {name.casefold(): name for name in (_name("tags", name) for name in names)}
    if len(wanted) > 50:
        raise Invalid({"tags": _("At most 50 tags fit on one thing.")})
    found = {tag.key: tag for tag in Tag.objects.filter(key__in=wanted)} if wanted else {}
    missing = [name for key, name in wanted.items() if key not in found]
    if missing and not create:
        raise Invalid({"tags": _("There is no tag %(name)s.") % {"name": missing[0]}})
    return [*found.values(), *(create_tag(name, by=by) for name in missing)]


def _name(field: str, name: str) -> str:
    name = text.line(field, name, most=40)
    if "," in name:
        raise Invalid({field: _("A tag's name has no comma.")})
    return name


def _free_name(name: str, tag: Tag | None = None) -> str:
    name = _name("name", name)
    if Tag.objects.filter(key=name.casefold()).exclude(pk=tag.pk if tag else 0).exists():
        raise Invalid({"name": _("There is a tag with this name already.")})
    return name


def _color(color: str) -> str:
    color = color.strip().lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", color):
        raise Invalid({"color": _("Write the colour as # and six hexadecimal digits, like #c0392b.")})
    return color
