"""Who acts. `core` knows the shape alone; users and contacts bring their own rights."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from supportflow.core.errors import Forbidden, NotFound

ActorType = Literal["user", "contact", "system"]


class Actor(Protocol):
    @property
    def actor_type(self) -> ActorType: ...
    @property
    def actor_id(self) -> int | None: ...
    @property
    def actor_name(self) -> str: ...
    def may(self, permission: str) -> bool:
        """Whether the role allows it at all; which rows it reaches is `is_visible_to`'s."""
        ...

    def must(self, permission: str, *rows: Any) -> None: ...


class Rights:
    """`must` for every kind of actor: the role first, then each row that the act touches."""

    def may(self, permission: str) -> bool:
        raise NotImplementedError  # each actor brings its own; ABC's metaclass does not mix with a model's

    def must(self, permission: str, *rows: Any) -> None:
        """Raises NotFound for a row the actor may not see, Forbidden for an act the role does not allow."""
        for row in rows:
            if row is not None and hasattr(row, "is_visible_to") and not row.is_visible_to(self):
                raise NotFound
        if not self.may(permission):
            raise Forbidden(permission)


def is_self(by: Actor, user_id: int) -> bool:
    """Whether this very user acts, not a contact of the same number."""
    return by.actor_type == "user" and by.actor_id == user_id


@dataclass(frozen=True)
class System(Rights):
    """The program itself, with the reason it acts: `System("mail")`."""

    reason: str
    actor_type: ActorType = "system"
    actor_id: int | None = None

    @property
    def actor_name(self) -> str:
        return f"SupportFlow ({self.reason})"

    def may(self, permission: str) -> bool:
        return True
