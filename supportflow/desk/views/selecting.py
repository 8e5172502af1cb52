"""The tickets that somebody ticked in the list, as a form sends them."""

from collections import defaultdict
from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from supportflow.core.errors import Invalid
from supportflow.core.filtering import is_id
from supportflow.desk.models import number_of


def selected(request: HttpRequest, most: int) -> list[int]:
    """Each box is a field of its own; `tickets` holds many with commas between them. Raises Invalid."""
    given = [*request.POST.getlist("ticket"), *request.POST.get("tickets", "").split(",")]
    ids = list(dict.fromkeys(int(pk) for pk in given if is_id(pk)))
    if not 0 < len(ids) <= most:
        raise Invalid({"ticket": _("Choose 1 to %(most)s tickets.") % {"most": most}})
    return ids


def told_together(left_out: Iterable[tuple[int, str]]) -> list[tuple[str, list[str]]]:
    """Each reason once, with the numbers of its tickets."""
    of_reason: dict[str, list[str]] = defaultdict(list)
    for pk, why in left_out:
        of_reason[why].append(number_of(pk))
    return list(of_reason.items())


def back_to(request: HttpRequest) -> str:
    """Where the form stood: an address of this site."""
    wanted = request.POST.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else "/tickets"
