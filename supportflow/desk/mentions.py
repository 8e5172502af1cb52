"""Colleagues whom somebody calls in a text: `@Emma Clarke`, and `@Emma Clarke #3` where two have the same name."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core.richtext import escaped, mark_names
from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.queries import who_see

MOST = 50  # people in one text; the others stay words


@dataclass
class Mentions:
    """Whom a text reaches, and whom it names in vain."""

    content: Content
    users: list[User] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)  # may not see the ticket
    unclear: list[str] = field(default_factory=list)  # several people are called so

    def problem(self) -> str:
        """What the writer is told; empty when all is well."""
        told = []
        if self.outside:
            told.append(_("Not told, as they may not see this ticket: %(names)s.") % {"names": _all(self.outside)})
        if self.unclear:
            text = _("Not told, as several people have this name: %(names)s. Choose from the list behind @.")
            told.append(text % {"names": _all(self.unclear)})
        return " ".join(told)


def _all(names: list[str]) -> str:
    return ", ".join(names)


def mentions_in(content: Content, ticket: Ticket) -> Mentions:
    """Read the people out of a text about this ticket; its HTML comes back with those marked who are reached."""
    if "@" not in content.html:
        return Mentions(content)
    return _Reader(content, ticket, User.objects.at_work().order_by("pk")).read()


class _Reader:
    def __init__(self, content: Content, ticket: Ticket, people: Iterable[User]) -> None:
        self._found, self._ticket = Mentions(content), ticket
        self._by_name: dict[str, list[User]] = defaultdict(list)
        for user in people:
            self._by_name[escaped(user.name).casefold()].append(user)
        self._asked: dict[str, bool] = {}

    def read(self) -> Mentions:
        # Longest first, so that "@Ann Lee" is not taken for "@Ann".
        names = "|".join(re.escape(name) for name in sorted(self._by_name, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\w@.])@(?:{names})(?: #\d{{1,18}})?(?!\w)", re.IGNORECASE)
        html = mark_names(self._found.content.html, pattern, self._is_called)
        self._found.content = replace(self._found.content, html=html)
        return self._found

    def _is_called(self, text: str) -> bool:
        key = text[1:].casefold()
        if key not in self._asked:
            self._asked[key] = self._reach(key)
        return self._asked[key]

    def _reach(self, key: str) -> bool:
        name, _mark, number = key.partition(" #")
        fits = self._by_name.get(name, [])
        chosen = [user for user in fits if str(user.pk) == number] or fits
        if len(chosen) != 1:
            self._found.unclear += [user.name for user in chosen[:1]]
            return False
        [user] = chosen
        if not who_see(self._ticket, [user]):
            self._found.outside.append(user.name)
            return False
        if user not in self._found.users:
            if len(self._found.users) == MOST:
                return False
            self._found.users.append(user)
        return True
