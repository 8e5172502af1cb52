from typing import Any, Self
from urllib.parse import urlencode

from django.db import models
from django.db.models import Q

from supportflow.accounts.models import User
from supportflow.core.actors import Actor
from supportflow.core.models import Versioned
from supportflow.core.prepared import Prepared


class ViewQuerySet(models.QuerySet["View"]):
    def visible_to(self, actor: Actor) -> Self:
        """Everybody's, and one's own."""
        if actor.actor_type == "system":
            return self
        if not isinstance(actor, User):
            return self.none()
        return self.filter(Q(owner=None) | Q(owner=actor))


class View(Versioned):
    """A saved list: its filters, order and columns. One person's own, or everybody's (no owner)."""

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="views")
    # As they stand in the list's address: {"status": ["OPEN"]}. What they mean, the list knows.
    params = models.JSONField(default=dict)
    sort = models.CharField(max_length=40)
    columns = models.JSONField(default=list)  # names; empty for the usual ones
    layout = models.CharField(max_length=10, default="list")

    objects = ViewQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None

    def is_visible_to(self, actor: Actor) -> bool:
        """The same rule as `ViewQuerySet.visible_to`, for a row in hand."""
        return actor.actor_type == "system" or (isinstance(actor, User) and self.owner_id in (None, actor.pk))

    def get_absolute_url(self) -> str:
        """The list with all that the view says in its address; `view` says which one it began as."""
        return f"/tickets?{urlencode({'view': self.pk})}&{self.query}".rstrip("&")

    @property
    def query(self) -> str:
        """Filters, order, columns and layout as they stand in the list's address."""
        said = {**self.params, "sort": [self.sort] if self.sort else []}
        if self.columns:
            said["columns"] = [",".join(self.columns)]
        if self.layout != "list":
            said["layout"] = [self.layout]
        return urlencode(said, doseq=True)

    def about(self) -> dict[str, Any]:
        return {}


# In the navigation of every page.
offered_to: Prepared[View] = Prepared(
    lambda user: View.objects.filter(Q(owner=None) | Q(owner=user)).order_by("name", "pk"), int
)
