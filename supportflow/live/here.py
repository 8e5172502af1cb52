"""Tells those who have a ticket open that others came, left, or began to write. The page then asks who is there."""

from collections.abc import Iterable

from supportflow.accounts.models import User
from supportflow.live.clients import Client, tell_all
from supportflow.live.hints import visible_rows
from supportflow.live.listeners import by_rights
from supportflow.live.queries import Places, everybody


class Here:
    """What this process knew of at its last turn."""

    def __init__(self) -> None:
        self._known: Places = {}

    def tell(self, clients: Iterable[Client]) -> None:
        before, self._known = self._known, everybody()
        tickets = {one for one in {*before, *self._known} if before.get(one) != self._known.get(one)}
        concerned = {client: told for client in clients if (told := self._news_for(client.user_id, tickets, before))}
        for client, told in only_visible(concerned).items():
            tell_all([client], b"".join(map(hint, sorted(told))))

    def _news_for(self, user: int, tickets: set[int], before: Places) -> set[int]:
        """Of the tickets that this user looks at: those where others are not what they were."""
        mine = {ticket for ticket in tickets if user in self._known.get(ticket, ())}
        return {ticket for ticket in mine if _others(self._known, ticket, user) != _others(before, ticket, user)}


def hint(ticket: int) -> bytes:
    """A server-sent event without a number: it is not repeated to who missed it, as the page asks when it is back."""
    return f"event: here\ndata: {ticket}\n\n".encode()


def only_visible(concerned: dict[Client, set[int]]) -> dict[Client, set[int]]:
    """By the rights of this moment: they may have changed since the page was opened."""
    if not concerned:
        return {}
    groups: list[tuple[User, list[Client]]] = by_rights(concerned)
    visible = visible_rows("ticket", set().union(*concerned.values()), [user for user, _ in groups])
    return {
        client: concerned[client] & seen for seen, (_, alike) in zip(visible, groups, strict=True) for client in alike
    }


def _others(places: Places, ticket: int, user: int) -> dict[int, bool]:
    return {one: is_writing for one, is_writing in places.get(ticket, {}).items() if one != user}
