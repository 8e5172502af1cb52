"""/data: every table, to administrators alone, without secrets, at a cost that does not grow."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from supportflow.accounts.models import ApiToken, User
from supportflow.accounts.operations import create_token
from supportflow.browse.columns import address, columns_of
from supportflow.browse.masking import ABSENT, HARMLESS, MASKED, SOUNDS_SECRET, is_masked, without_secrets
from supportflow.browse.site import all_models, site
from supportflow.core.models import Activity, KeptAnswer
from supportflow.desk.models import Comment
from supportflow.jobs.models import Schedule
from supportflow.mail.models import InboundMail, OutgoingMail, RawMail
from tests.conftest import BY, World

TABLES = [model for model in all_models() if model._meta.label not in ABSENT]
KEPT = ("f" * 64, "the-kept-body", "kept-head")
WRITING = ("post", "put", "patch", "delete", "options", "trace")
# Where Django's own admin would listen.
USUAL = [
    "login",
    "login/",
    "logout/",
    "password_change/",
    "autocomplete/",
    "jsi18n/",
    "r/1/1/",
    "desk/",
    "desk/ticket/add/",
    "desk/ticket/1/change/",
    "desk/ticket/1/delete/",
    "desk/ticket/1/history/",
    "sessions/session",
    "auth/permission",
    "contenttypes/contenttype",
]


@pytest.fixture
def olivia(world: World, sign_in: Any) -> Client:
    client: Client = sign_in(world.olivia)
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def cost(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        text(client, path)
    return len(queries)


def addresses() -> Iterator[str]:
    yield "/data"
    for model in TABLES:
        yield address(model)
        yield address(model, "1")


def everything() -> dict[str, list[Any]]:
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in TABLES}


def test_every_table_stands_there_or_in_the_list_of_those_that_do_not() -> None:
    there = apps.get_models(include_auto_created=True)
    ours = {model for model in there if model._meta.managed and not model._meta.proxy}
    assert set(site._registry) == set(TABLES)
    assert {model._meta.label for model in ours} == {model._meta.label for model in TABLES} | set(ABSENT)
    assert all(len(reason) > 5 for reason in ABSENT.values())
    assert not [label for label in ABSENT if label.startswith("supportflow")]


def test_every_table_and_its_rows_open(world: World, olivia: Client) -> None:
    index = text(olivia, "/data")
    Schedule.objects.create(name="mail.sweep", next_at=world.ticket.created_at)
    for model in TABLES:
        assert f'href="{address(model)}"' in index
        text(olivia, address(model))
        if row := model._base_manager.order_by("pk").first():
            assert f'href="{address(model, row.pk)}"' in text(olivia, address(model))
            text(olivia, address(model, row.pk))


@pytest.mark.parametrize("who", ["john", "omar", ""])
def test_nobody_but_administrators_sees_anything(world: World, sign_in: Any, who: str) -> None:
    client = sign_in(getattr(world, who)) if who else Client()
    for path in addresses():
        answer = client.get(path)
        assert answer.status_code == (403 if who else 302), path
        assert who or answer["Location"].startswith("/login?next=/data")
    assert b'href="/data"' not in client.get("/tickets").content


def test_nothing_can_be_written(world: World, olivia: Client) -> None:
    before = everything()
    for path in addresses():
        for method in WRITING:
            answer = getattr(olivia, method)(path)
            assert answer.status_code == 405, (method, path)
        answer = olivia.post(
            f"{path}", {"action": "delete_selected", "_selected_action": "1", "index": "0", "post": "yes"}
        )
        assert answer.status_code == 405
    assert everything() == before


def test_a_form_of_another_site_gets_nowhere(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.olivia, backend="supportflow.accounts.backend.Backend")
    assert client.post("/data/desk/ticket/1").status_code == 403


@pytest.mark.parametrize("path", USUAL)
def test_the_rest_of_djangos_admin_is_not_there(olivia: Client, path: str) -> None:
    assert olivia.get(f"/data/{path}").status_code == 404
    assert olivia.post(f"/data/{path}").status_code in (404, 405)


def test_secrets_are_never_shown_and_never_read(world: World, olivia: Client) -> None:
    token, secret = create_token(world.olivia, "n", by=BY)
    KeptAnswer.objects.create(token_id=1, key="k", fingerprint=KEPT[0], body=KEPT[1], headers={"X": KEPT[2]})
    mail = OutgoingMail.objects.create(
        message_id="<1@desk>", sender="a@desk", subject="s", raw=b"https://d.example/password/reset/key/1-raw-link",
        error="sf_abcdefghijklmnop",
    )  # fmt: skip
    paths = [
        address(model, pk) for model, pk in ((User, world.olivia.pk), (ApiToken, token.pk), (OutgoingMail, mail.pk))
    ]
    paths += [address(model) for model in (User, ApiToken, KeptAnswer, OutgoingMail)]
    with CaptureQueriesContext(connection) as queries:
        html = "".join(text(olivia, path) for path in paths)
    kept = [
        world.olivia.password,
        token.digest,
        secret,
        "the-kept-body",
        "kept-head",
        "f" * 64,
        "raw-link",
        "abcdefghijkl",
    ]
    assert [one for one in kept if one in html] == []
    assert "•••" in html
    read = [
        query["sql"] for query in queries if '"accounts_apitoken"' in query["sql"] or '"mail_outgoing' in query["sql"]
    ]
    assert read
    assert not [sql for sql in read if '"digest"' in sql or '."raw"' in sql]


def test_masked_columns_cannot_be_guessed_letter_by_letter(olivia: Client) -> None:
    for query in (
        "password__startswith=argon2",
        "password=x",
        "tokens__digest=x",
        "email__icontains=a",
        "id__gt=0",
        "o=1",
        "_to_field=password",
        "q=x",
    ):
        assert olivia.get(f"/data/accounts/user?{query}").status_code == 422, query


def test_a_column_that_sounds_secret_is_masked_or_its_harmlessness_has_a_reason() -> None:
    suspects = {
        f"{model._meta.label}.{field.name}"
        for model in TABLES
        for field in model._meta.concrete_fields
        if SOUNDS_SECRET.search(field.name) and not is_masked(field)
    }
    assert suspects == set(HARMLESS)
    for label, names in MASKED.items():
        assert names <= {field.name for field in apps.get_model(label)._meta.concrete_fields}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("smtp://bot:hunter2@mail.example", "smtp://bot:•••@mail.example"),
        ("Authorization: Bearer abc.def-ghi", "•••"),
        ("{'password': 'hunter2', 'n': 1}", "'n': 1"),
        ("/password/reset/key/1-abc-def/", "/password/reset/key/•••/"),
        ("see /invitation/MQ:1abc_-9:x.y-z now", "see /invitation/••• now"),
        ("token sf_abcdefghij", "sf_•••"),
        ("nothing here: 12:30, a@b.example", "nothing here: 12:30, a@b.example"),
    ],
)
def test_secrets_inside_texts_are_masked(given: str, kept: str) -> None:
    assert kept in without_secrets(given)
    assert not re.search("hunter2|abc.def|1-abc|abcdefghij", without_secrets(given))


def test_rows_lead_to_each_other_and_to_their_page(world: World, olivia: Client) -> None:
    comment = world.ticket.comments.get()
    html = text(olivia, address(Comment, comment.pk))
    assert f'href="/tickets/{world.ticket.number}#comment-{comment.pk}"' in html
    assert f'href="/data/desk/ticket/{world.ticket.pk}"' in html
    html = text(olivia, f"/data/desk/ticket/{world.ticket.pk}")
    assert f'href="/tickets/{world.ticket.number}"' in html
    beside = f"/data/desk/comment?ticket_id={world.ticket.pk}"
    assert f'href="{beside}"' in html
    assert f">{comment.pk}</a>" in text(olivia, beside)
    activity = Activity.objects.filter(ticket_id=world.ticket.pk).order_by("pk")[0]
    assert f'href="/data/desk/ticket/{world.ticket.pk}"' in text(olivia, address(Activity, activity.pk))


def test_every_link_to_a_page_of_the_product_works(world: World, olivia: Client) -> None:
    mail = InboundMail.objects.create(sha256="0" * 64, size=1, source="smtp")
    RawMail.objects.create(mail=mail, content=b"x")
    OutgoingMail.objects.create(message_id="<1@desk>", sender="a@desk", subject="s", ticket_id=world.ticket.pk)
    for model in TABLES:
        if row := model._base_manager.order_by("-pk").first():
            place = re.search(r'class="btn" href="([^"]+)"', text(olivia, address(model, row.pk)))
            assert place is None or olivia.get(place[1].partition("#")[0]).status_code == 200, model


def test_values_are_found_by_index_alone(world: World, olivia: Client) -> None:
    assert f">{world.ticket.pk}</a>" in text(olivia, f"/data/desk/ticket?contact_id={world.sarah.pk}&id=")
    assert "No such row" in text(olivia, "/data/desk/ticket?id=999")
    # Of half of all rows: an index would find them, and then sort them all.
    assert olivia.get("/data/core/activity?subject_type=ticket").status_code == 422
    for model in TABLES:
        for column in columns_of(model):
            if not column.is_found or connection.vendor == "postgresql":
                continue
            value = "1" if column.is_number else "0b25e26c-9d32-4a37-a4a5-4f58cbf4ae50"
            plan = model._base_manager.filter(**{column.name: value}).explain()
            assert "SEARCH" in plan, (column.field, plan)


@pytest.mark.parametrize(
    "query", ["id=x", "id=-1", "id=99999999999999999999", "cursor=forged", "sort=subject", "id=1&id=%00"]
)
def test_nonsense_is_refused_in_words(olivia: Client, query: str) -> None:
    assert olivia.get(f"/data/desk/ticket?{query}").status_code == 422


@pytest.mark.parametrize("pk", ["0", "999", "x", "99999999999999999999", "1/2", "%00", "a" * 3000, "../user/1"])
def test_a_row_that_is_not_there_is_not_found(olivia: Client, pk: str) -> None:
    assert olivia.get(f"/data/desk/ticket/{pk}").status_code == 404
    assert olivia.get(f"/data/jobs/schedule/{pk}").status_code == 404


def test_what_stands_in_a_row_is_text_and_bounded(world: World, olivia: Client) -> None:
    hostile = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}" + "y" * 200_000
    comment = world.ticket.comments.get()
    Comment.objects.filter(pk=comment.pk).update(body=hostile, body_html=hostile)
    for path in ("/data/desk/comment", address(Comment, comment.pk)):
        html = text(olivia, path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html
        assert len(html) < 120_000
    html = text(olivia, address(Comment, comment.pk))
    assert "and 180026 more characters" in html


def test_a_page_costs_the_same_for_few_rows_and_for_many(world: World, olivia: Client) -> None:
    paths = ("/data", "/data/core/activity", "/data/core/activity?ticket_id=1", f"/data/desk/ticket/{world.ticket.pk}")
    few = [cost(olivia, path) for path in paths]
    Activity.objects.bulk_create(
        Activity(
            action="ticket.noted", actor_type="system", actor_name="S", subject_type="ticket", subject_id=1, ticket_id=1
        )
        for _number in range(1200)
    )
    assert [cost(olivia, path) for path in paths] == few
    assert few[1:] == [few[1]] * 3 == [4] * 3  # the session, the user, the rows, the navigation's views
    assert "1,000+" in text(olivia, "/data")


def test_pages_follow_each_other_by_key(world: World, olivia: Client) -> None:
    Schedule.objects.bulk_create(Schedule(name=f"s-{n:03}", next_at=world.ticket.created_at) for n in range(120))
    for order in ("", "?sort=key"):
        seen: list[str] = []
        path = f"/data/jobs/schedule{order}"
        while path:
            with CaptureQueriesContext(connection) as queries:
                html = text(olivia, path)
            assert not [query for query in queries if "OFFSET" in query["sql"] or "COUNT(" in query["sql"]]
            seen += re.findall(r">(s-\d{3})</a>", html)
            following = re.search(r'rel="next" href="([^"]+)"', html)
            path = following[1].replace("&amp;", "&") if following else ""
        assert seen == sorted((f"s-{n:03}" for n in range(120)), reverse=not order)
