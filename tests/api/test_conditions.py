"""ETag, If-Match, If-None-Match (RFC 9110, section 13)."""

from supportflow.desk.content import Content
from supportflow.desk.models import Ticket
from supportflow.desk.operations import reply_to_ticket, set_status
from tests.api.conftest import Caller
from tests.conftest import World


def test_a_lost_update_is_refused(api: Caller, world: World) -> None:
    path = f"tickets/{world.ticket.number}"
    etag = api.get(path)["ETag"]
    assert etag == '"v1"'
    set_status(world.ticket, "WAITING", by=world.emma)
    answers = [
        api.patch(path, {"subject": "x"}, {"If-Match": etag}),
        api.put(path, {"subject": "x", "contact_id": world.sarah.pk}, {"If-Match": etag}),
        api.delete(path, {"If-Match": etag}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"], answer["ETag"]) == (412, "stale", '"v2"')
    assert world.actions() == ["ticket.status_changed"]
    assert api.patch(path, {"subject": "x"}, {"If-Match": '"v2"'})["ETag"] == '"v3"'


def test_if_match_takes_lists_and_a_star_and_no_weak_tags(api: Caller, world: World) -> None:
    path = f"contacts/{world.sarah.pk}"
    for header, status in {
        '"v7", "v1"': 200,
        "*": 200,
        'W/"v1"': 412,
        '"v1-gzip"': 412,
        '""': 412,
        "v1": 400,
        '"v1': 400,
        '"v1",,': 400,
        "": 400,
        "x" * 5000: 400,
    }.items():
        assert api.patch(path, {"title": ""}, {"If-Match": header}).status_code == status, header
    assert api.patch("contacts/999999", {"title": ""}, {"If-Match": "*"}).status_code == 404


def test_every_versioned_thing_has_the_condition(api: Caller, world: World, api_of: object) -> None:
    tag = api.post("tags", {"name": "vip"}).json()["id"]
    for path in (
        f"tickets/{world.ticket.pk}",
        f"contacts/{world.sarah.pk}",
        f"companies/{world.acme.pk}",
        f"tags/{tag}",
    ):
        assert api.get(path)["ETag"].startswith('"v')
        for method in ("patch", "delete"):
            data: dict[str, str] | None = {} if method == "patch" else None
            answer = api.call(method, path, data, {"If-Match": '"v99"'})
            assert answer.status_code == 412, (method, path)


def test_what_the_client_has_is_not_sent_again(api: Caller, world: World) -> None:
    path = f"tickets/{world.ticket.number}"
    for header in ('"v1"', 'W/"v1"', '"v0", "v1"', "*"):
        answer = api.get(path, {"If-None-Match": header})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", '"v1"'), header
    for header in ('"v2"', "nonsense", ""):
        assert api.get(path, {"If-None-Match": header}).status_code == 200, header


def test_comments_leave_the_version_alone(api: Caller, world: World) -> None:
    reply_to_ticket(world.ticket, Content.from_markdown("x"), by=world.john)
    assert api.get(f"tickets/{world.ticket.pk}")["ETag"] == '"v1"'
    assert Ticket.objects.get(pk=world.ticket.pk).first_responded_at is not None
