"""The form of all filters: what it sends is told in the address as the list and the API tell it."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core.errors import Invalid
from supportflow.crm.queries import company_meant, contact_meant
from supportflow.desk.custom_filters import NONE, is_name

# The operator of a field in the form: `status_is=not` turns its `status` into `not_status`.
COMPARED = ("status", "priority", "category", "channel", "assignee", "team", "tag", "contact", "company")
OPERATORS = {f"{name}_is": name for name in COMPARED}
TYPED = {"contact_named": ("contact", contact_meant), "company_named": ("company", company_meant)}


def _of_custom(params: Iterable[str]) -> dict[str, str]:
    """The same of custom fields: `custom.size.is=not`; of what has a from and a to also `set` and `empty`."""
    return {name: name.removesuffix(".is") for name in params if is_name(name) and name.endswith(".is")}


def is_form(sent: QueryDict) -> bool:
    return any(name in sent for name in (*OPERATORS, *TYPED))


def address(sent: QueryDict, actor: User) -> str:
    """The list's address for what the form sent; raises Invalid for a name that nobody has."""
    params = {name: [value for value in sent.getlist(name) if value.strip()] for name in sent}
    for typed, (name, meant) in TYPED.items():
        for text in params.pop(typed, []):
            found = meant(text, actor)
            if found is None:
                raise Invalid({typed: _("There is nothing called “%(name)s”.") % {"name": text[:80]}})
            params[name] = [str(found.pk)]
    if "tag" in params:
        params["tag"] = [tag.strip() for text in params["tag"] for tag in text.split(",") if tag.strip()]
    for operator, name in (OPERATORS | _of_custom(params)).items():
        how = params.pop(operator, [])
        if how == ["not"] and name in params:
            params[f"not_{name}"] = [*params.get(f"not_{name}", []), *params.pop(name)]
        elif how in (["set"], ["empty"]):
            params.setdefault(f"not_{name}" if how == ["set"] else name, []).append(NONE)
    given = {name: values for name, values in params.items() if values}
    return f"/tickets?{urlencode(given, doseq=True)}" if given else "/tickets"
