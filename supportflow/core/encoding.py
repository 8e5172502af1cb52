from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


class TrailEncoder(DjangoJSONEncoder):
    """Times to the microsecond (Django's cuts them to milliseconds): undo restores the exact old value."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return super().default(o)
