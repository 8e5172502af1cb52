from typing import Any

from django.db import models

from supportflow.core.models import Versioned


class Tag(Versioned):
    """A coloured label on tickets and contacts."""

    name = models.CharField(max_length=40)
    # The name casefolded: SQLite's LOWER() knows ASCII alone.
    key = models.CharField(max_length=120, unique=True)
    color = models.CharField(max_length=7)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(color__regex=r"^#[0-9a-f]{6}$"), name="tag_color_is_hex"),
        ]

    def __str__(self) -> str:
        return self.name

    def about(self) -> dict[str, Any]:
        return {}
