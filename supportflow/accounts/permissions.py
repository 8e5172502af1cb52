"""The permission table: who may do what. Which rows an act reaches is `visible_to`'s, not this table's."""

from enum import StrEnum


class Role(StrEnum):
    AGENT = "AGENT"
    SUPERVISOR = "SUPERVISOR"
    ADMIN = "ADMIN"
    SYSTEM = "SYSTEM"  # the one built-in user who stands for mail and portal; cannot log in, is in no list


_RANK = {Role.AGENT: 1, Role.SUPERVISOR: 2, Role.ADMIN: 3, Role.SYSTEM: 4}

# The lowest role that may do it; a higher one may too.
LOWEST_ROLE: dict[str, Role] = {
    "ticket.create": Role.AGENT,
    "ticket.update": Role.AGENT,
    "ticket.assign": Role.AGENT,
    "ticket.move": Role.AGENT,
    "ticket.comment": Role.AGENT,
    "ticket.tag": Role.AGENT,
    "ticket.merge": Role.AGENT,
    "ticket.trash": Role.AGENT,
    "ticket.purge": Role.ADMIN,
    "time.remove": Role.SUPERVISOR,  # what others spent; one's own anybody
    "ticket.answer": Role.SYSTEM,  # customers' own, never a user's
    "ticket.deliver": Role.SYSTEM,
    "mail.quarantine": Role.SYSTEM,
    "contact.create": Role.AGENT,
    "contact.update": Role.AGENT,
    "contact.tag": Role.AGENT,
    "contact.trash": Role.AGENT,
    "contact.purge": Role.ADMIN,
    "company.create": Role.AGENT,
    "company.update": Role.AGENT,
    "company.trash": Role.AGENT,
    "company.purge": Role.ADMIN,
    "attachment.upload": Role.AGENT,
    "view.create": Role.AGENT,
    "view.share": Role.SUPERVISOR,
    "tag.create": Role.AGENT,
    "tag.update": Role.SUPERVISOR,
    "tag.delete": Role.SUPERVISOR,
    "macro.update": Role.AGENT,  # one's own
    "macro.share": Role.SUPERVISOR,  # those of everybody or of a team
    "outbox.view": Role.ADMIN,  # it shows password-reset links
    "outbox.retry": Role.ADMIN,
    "mail.retry": Role.ADMIN,
    "mail.discard": Role.ADMIN,
    "upkeep.view": Role.ADMIN,
    "job.retry": Role.ADMIN,
    "job.discard": Role.ADMIN,
    "data.view": Role.ADMIN,
    "field.update": Role.ADMIN,
    "mailbox.update": Role.ADMIN,
    "team.update": Role.ADMIN,
    "user.create": Role.ADMIN,
    "user.update": Role.ADMIN,
    "token.create": Role.ADMIN,
    "settings.update": Role.ADMIN,
}


def role_may(role: str, permission: str) -> bool:
    """Raises KeyError for a permission that the table does not name: a misspelling opens no door."""
    lowest = LOWEST_ROLE[permission]
    return role != Role.SYSTEM and _RANK[Role(role)] >= _RANK[lowest]
