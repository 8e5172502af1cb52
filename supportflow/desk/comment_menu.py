"""What apps above offer in the menu of a comment, such as the raw mail that it came as."""

from collections.abc import Callable
from typing import NamedTuple

from django_stubs_ext import StrOrPromise

from supportflow.desk.models import Comment


class Offer(NamedTuple):
    icon: str
    text: StrOrPromise
    address: str


Offering = Callable[[Comment], Offer | None]
_offerings: list[Offering] = []


def offers(offering: Offering) -> Offering:
    """Declare an entry of the menu; None where it means nothing for this comment."""
    _offerings.append(offering)
    return offering


def offers_for(comment: Comment) -> list[Offer]:
    return [offer for offering in _offerings if (offer := offering(comment)) is not None]
