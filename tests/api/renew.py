"""Writes tests/api/openapi.json anew: python -m tests.api.renew"""

import json
from pathlib import Path
from typing import Any

SNAPSHOT = Path(__file__).with_name("openapi.json")


def as_text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SUPPORTFLOW_DATA": folder, "DJANGO_SETTINGS_MODULE": "supportflow.settings"}
        os.environ["SUPPORTFLOW_BASE_URL"] = "http://127.0.0.1:8000"
        import django

        django.setup()
        from supportflow.api import schema

        SNAPSHOT.write_text(as_text(schema()))
