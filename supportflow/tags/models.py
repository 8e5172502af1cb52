from typing import Any

from django.db import models
from django.db.models.functions import Lower

from supportflow.core.models import Versioned


class Tag(Versioned):
    """A coloured label on tickets and contacts."""

    name = models.CharField(max_length=40)
    color = models.CharField(max_length=7)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="tag_name_once"),
            models.CheckConstraint(condition=models.Q(color__regex=r"^#[0-9a-f]{6}$"), name="tag_color_is_hex"),
        ]

    def __str__(self) -> str:
        return self.name

    def about(self) -> dict[str, Any]:
        return {}
