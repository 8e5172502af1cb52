"""Macros: prepared words and what they change. `desk/models.py`, which is long enough, registers them."""

from enum import StrEnum
from typing import Any, Self

from django.db import models
from django.db.models import Q

from supportflow.accounts.models import Team, User
from supportflow.core.actors import Actor
from supportflow.core.models import Trashable


class MacroKind(StrEnum):
    REPLY = "REPLY"
    NOTE = "NOTE"


class MacroQuerySet(models.QuerySet["Macro"]):
    def visible_to(self, actor: Actor) -> Self:
        """Shared ones and the actor's own. Trash included: say `alive()` next."""
        if actor.actor_type == "system":
            return self
        if not isinstance(actor, User) or not actor.may("macro.update"):
            return self.none()
        shared = Q(owner=None)
        if hidden := actor.hidden_team_ids:
            shared &= Q(team=None) | ~Q(team__in=hidden)
        return self.filter(Q(owner=actor.pk) | shared)

    def alive(self) -> Self:
        return self.filter(deleted_at=None)

    def offered_to(self, user: User, team_id: int | None) -> Self:
        """What stands in this person's menu on a ticket of this team."""
        near = Q(team=None) | Q(team__in=user.teams.values("pk")) | Q(team=team_id)
        return self.visible_to(user).alive().filter(near, is_active=True)


class Macro(Trashable):
    """A prepared reply or note plus changes. Without changes it is a canned reply, without text one click."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=5, default=MacroKind.REPLY.value)
    body = models.TextField(blank=True, default="")  # Markdown with placeholders
    # The fields that it changes; what is not named is left alone. Its keys are `macros.FIELDS`.
    changes = models.JSONField(default=dict)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="macros")  # null: shared
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="macros")  # whom it is offered to
    is_active = models.BooleanField(default=True)
    # Kept without a version or an Activity: they only decide the order of the menu.
    use_count = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)

    objects = MacroQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["REPLY", "NOTE"]), name="macro_kind_known"),
            models.CheckConstraint(condition=Q(owner=None) | Q(team=None), name="macro_team_of_shared_alone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None

    @property
    def is_note(self) -> bool:
        return self.kind == MacroKind.NOTE

    @property
    def keeper(self) -> str:
        """The permission that changing it takes."""
        return "macro.share" if self.is_shared else "macro.update"

    def is_visible_to(self, actor: Actor) -> bool:
        """The same rule as `MacroQuerySet.visible_to`, for a row in hand."""
        if actor.actor_type == "system":
            return True
        if not isinstance(actor, User) or not actor.may("macro.update"):
            return False
        return self.owner_id == actor.pk or (self.is_shared and self.team_id not in actor.hidden_team_ids)

    def about(self) -> dict[str, Any]:
        return {}

    def get_absolute_url(self) -> str:
        return f"/settings/macros/{self.pk}"
