from typing import Any

from django.db import models

from supportflow.core import clock


class Attachment(models.Model):
    """A file's row. The bytes lie in the storage under their own SHA-256, written before this row is."""

    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=255, blank=True, default="")  # of an image inside a mail's HTML
    is_inline = models.BooleanField(default=False)
    uploader_type = models.CharField(max_length=8)
    uploader_id = models.BigIntegerField(null=True)
    # False until a comment holds it; the clean-up of abandoned uploads looks at these alone.
    is_attached = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            # Uploads that nobody attached within a day
            models.Index(fields=["created_at"], name="attachment_loose", condition=models.Q(is_attached=False)),
            # Whether other rows still hold the same bytes
            models.Index(fields=["sha256"], name="attachment_bytes"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def storage_name(self) -> str:
        return f"attachments/{self.sha256[:2]}/{self.sha256}"

    def about(self) -> dict[str, Any]:
        return {}
