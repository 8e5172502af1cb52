"""The examples of docs/api.md, run as they stand: each command's status and the keys of its answer."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.color import no_style
from django.db import connection
from django.test import Client

from supportflow import demo
from supportflow.accounts.models import User
from supportflow.accounts.operations import create_token
from tests.conftest import BY

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
HOST = "http://127.0.0.1:8000"


def examples() -> list[tuple[str, int, Any]]:
    """(command, status, what the answer holds or None) in their order."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", GUIDE.read_text(), re.DOTALL):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _newline, rest = example.replace("\\\n", " ").partition("\n")
            status, _newline, answer = rest.strip().partition("\n")
            found.append((command, int(status), json.loads(answer) if answer else None))
    return found


def run(command: str, token: str) -> Any:
    """What curl would do with these arguments."""
    words = iter(shlex.split(command.replace("$TOKEN", token)))
    assert next(words) == "curl"
    method, address, headers, data = "GET", "", {}, None
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                name, _colon, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                data = next(words)
            case "-F":
                name, _at, file = next(words).partition("=@")
                return Client().post(
                    address_in(command), {name: SimpleUploadedFile(file, b"hello", "text/plain")}, headers=headers
                )
            case _:
                address = word
    kind = headers.pop("Content-Type", "application/json")
    return Client().generic(method, address.removeprefix(HOST), data or "", kind, headers=headers)


def address_in(command: str) -> str:
    return shlex.split(command)[-1].removeprefix(HOST)


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_guide_tells_the_truth(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    with connection.cursor() as cursor:  # resetting the sequences forgot the rows that migrations brought
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
    demo.load()
    john = User.objects.get(email="john@supportflow.example")
    _token, secret = create_token(john, "guide", by=BY)
    told = examples()
    assert len(told) >= 15
    for command, status, holds in told:
        answer = run(command, secret)
        assert answer.status_code == status, (command, answer.content)
        if holds is None:
            assert answer.content == b"", command
        else:
            given = answer.json()
            assert {key: given[key] for key in holds} == holds, command
