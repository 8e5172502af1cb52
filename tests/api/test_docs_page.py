import ast
import re
from pathlib import Path

from django.test import Client

from supportflow.api import schema
from supportflow.api.codes import CODES
from supportflow.api.openapi import operations

PACKAGE = Path(__file__).parents[2] / "supportflow"
# Refusals that no route of the API leads to.
ELSEWHERE = {"not_empty", "not_failed", "note_not_delivered", "too_deep", "user_inactive"}


def test_the_page_needs_no_sign_in_and_no_script_of_its_own(db: None) -> None:
    answer = Client().get("/api/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "'self'" in answer["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|<style", page)
    assert len(page) < 400_000


def test_every_route_shape_and_code_is_on_it(db: None) -> None:
    page = Client().get("/api/docs").content.decode()
    for _method, _path, operation in operations(schema()):
        assert f'id="{operation["operationId"]}"' in page
    for code in CODES:
        assert f'id="{code}"' in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_every_refusal_of_the_source_is_explained() -> None:
    refusals = {
        str(call.args[0].value)
        for path in PACKAGE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Refused"
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert refusals - set(CODES) <= ELSEWHERE
