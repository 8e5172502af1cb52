from typing import Any

from django.db import models

from supportflow.core.models import Versioned

MODELS = ("ticket", "contact", "company")
KINDS = ("text", "number", "date", "choice", "check")


class Field(Versioned):
    """A custom field: what it is called and holds. Its values stand as JSON in `custom` of the rows themselves."""

    model = models.CharField(max_length=20)  # contact, company or ticket
    slug = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10)  # text, number, date, choice, check
    options = models.JSONField(default=list)  # the choices of a choice field
    position = models.PositiveSmallIntegerField(default=0)  # from 1 without a gap, the retired behind those in use
    # No longer asked for or shown. The values of the rows stay, and are there again when it comes back.
    is_retired = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "slug"], name="field_slug_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["text", "number", "date", "choice", "check"]), name="field_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def about(self) -> dict[str, Any]:
        return {}
