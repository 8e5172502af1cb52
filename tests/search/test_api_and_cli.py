"""The same search for programs, and the commands of operators."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from supportflow.cli import cli
from supportflow.jobs.testing import run_due_jobs
from supportflow.search.models import Document, Kind, key_of
from supportflow.search.operations import begin_rebuild, build_next, unfinished
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World
from tests.search.conftest import note


@pytest.fixture
def api(desk: World) -> Caller:
    return Caller(desk.john)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["search", *arguments])


def test_a_program_gets_what_the_page_shows(desk: World, api: Caller) -> None:
    comment = note(desk.ticket, "The <walrus>", desk.john)
    run_due_jobs()
    [item] = api.items("search?q=walrus")
    assert item == {
        "type": "comment",
        "id": comment.pk,
        "number": desk.ticket.number,
        "name": "Unable to login",
        "url": f"http://127.0.0.1:8000/tickets/{desk.ticket.number}#comment-{comment.pk}",
        "snippet": "The &lt;<mark>walrus</mark>&gt;",
        "score": item["score"],
    }
    assert api.items("search?q=walrus&type=ticket&type=contact") == []
    assert [item["type"] for item in api.items("search?q=sarah&type=contact")] == ["contact"]


def test_errors_name_the_parameter(desk: World, api: Caller) -> None:
    answer = api.get("search?q=x%20stats:open%20is:opn")
    assert wrong_fields(answer) == ["q"]
    told = json.dumps(answer.json())
    assert "stats:open: There is no filter stats." in told
    assert "is:opn: " in told
    for query in ("", "?q=", "?q=%20", "?q=" + "x" * 201, "?q=a%00b"):
        assert wrong_fields(api.get(f"search{query}")) == ["q"]
    assert wrong_fields(api.get("search?q=x&type=tickets")) == ["type"]


def test_check_names_what_differs_and_rebuild_mends_it(desk: World) -> None:
    assert run("check").output == "The index tells what is there.\n"
    Document.objects.filter(pk=key_of(Kind.TICKET, desk.ticket.pk)).delete()
    lisas = Document.objects.filter(pk=key_of(Kind.CONTACT, desk.lisa.pk))
    [values] = lisas.values()
    lisas.delete()
    Document.objects.create(**values | {"id": key_of(Kind.CONTACT, 2**40), "object_id": 2**40})
    done = run("check")
    assert done.exit_code == 1
    assert f"ticket {desk.ticket.pk}: its document is missing or not up to date." in done.output
    assert f"contact {desk.lisa.pk}: its document is missing" in done.output
    assert f"contact {2**40}: there is a document, and should be none." in done.output
    assert "3 differences. Run: supportflow search rebuild --anew" in done.output
    for _twice in range(2):
        done = run("rebuild")
        assert (done.exit_code, done.stdout) == (0, "The index is complete.\n")
        assert run("check").exit_code == 0


def test_rebuild_goes_on_where_it_was_stopped(desk: World) -> None:
    begin_rebuild()
    while build_next(Kind.TICKET):
        pass
    Document.objects.filter(kind=Kind.TICKET.value).delete()  # lost behind what was done
    assert Kind.TICKET not in unfinished()
    assert "Not complete yet: comment, contact, company." in run("check").output
    assert run("rebuild").exit_code == 0
    assert run("check").exit_code == 1
    assert run("rebuild", "--anew").exit_code == 0
    assert run("check").exit_code == 0
