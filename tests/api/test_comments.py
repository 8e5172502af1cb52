from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import trash_ticket
from tests.api.conftest import Caller, wrong_fields
from tests.conftest import World


def upload(caller: Caller, name: str = "a.txt", content: bytes = b"hello") -> int:
    file = SimpleUploadedFile(name, content, "text/plain")
    answer: Any = caller.client.post(
        "/api/attachments", {"file": file}, headers={"Authorization": f"Bearer {caller.secret}"}
    )
    assert answer.status_code == 201, answer.content
    found: int = answer.json()["id"]
    return found


def test_a_reply_is_public_mailed_and_answered_with_201(api: Caller, world: World) -> None:
    file = upload(api)
    sent = {
        "ticket": world.ticket.number,
        "body": "Try **now** <script>alert(1)</script>",
        "visibility": "PUBLIC",
        "attachment_ids": [file],
        "cc": ["boss@acme.example"],
        "bcc": ["law@acme.example"],
    }
    answer = api.post("comments", sent)
    comment = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/comments/{comment['id']}"
    assert set(comment) == {
        "id", "ticket", "author", "visibility", "body", "body_html", "attachments", "cc", "bcc", "mentions", "delivery",
        "created_at",
    }  # fmt: skip
    assert comment["ticket"] == world.ticket.number
    assert comment["author"] == {"type": "user", "id": world.john.pk, "name": "John Reyes"}
    assert comment["body"] == sent["body"]
    assert (comment["cc"], comment["bcc"], comment["mentions"]) == (sent["cc"], sent["bcc"], [])
    assert "<strong>now</strong>" in comment["body_html"]
    assert "<script" not in comment["body_html"]
    assert comment["delivery"] == {"state": "QUEUED", "at": None, "error": None}
    assert [(row["id"], row["name"], row["size"], row["type"]) for row in comment["attachments"]] == [
        (file, "a.txt", 5, "text/plain")
    ]
    assert api.get(f"comments/{comment['id']}").json() == comment
    assert world.actions() == ["attachment.uploaded", "ticket.replied"]
    assert Ticket.objects.get(pk=world.ticket.pk).first_responded_at is not None


def test_a_note_is_internal_and_goes_nowhere(api: Caller, world: World) -> None:
    comment = api.post("comments", {"ticket": world.ticket.pk, "body": "Hm.", "visibility": "INTERNAL"}).json()
    assert (comment["visibility"], comment["delivery"]["state"]) == ("INTERNAL", "NONE")
    assert world.actions() == ["ticket.noted"]


def test_the_conversation_is_listed_in_its_order(api: Caller, world: World) -> None:
    for body in ("one", "two"):
        api.post("comments", {"ticket": world.ticket.number, "body": body, "visibility": "INTERNAL"})
    path = f"comments?ticket={world.ticket.number}"
    assert [comment["body"] for comment in api.items(path)] == ["I cannot sign in.", "one", "two"]
    assert [comment["body"] for comment in api.items(f"{path}&sort=-created_at&limit=1")] == ["two"]
    assert api.items(path)[0]["author"] == {"type": "contact", "id": world.sarah.pk, "name": "Sarah Johnson"}
    assert wrong_fields(api.get("comments")) == ["ticket"]
    assert wrong_fields(api.get("comments?ticket=x")) == ["ticket"]
    assert api.get("comments?ticket=999999").status_code == 404


def test_wrong_comments_are_refused_by_the_field(api: Caller, world: World) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"visibility": None}, "visibility"),
        ({"ticket": "x"}, "ticket"),
        ({"ticket": True}, "ticket"),
        ({"ticket": 2**64}, "ticket"),
        ({"ticket": None}, "ticket"),
        ({"visibility": "public"}, "visibility"),
        ({"body": ""}, "body"),
        ({"body": " \n "}, "body"),
        ({"body": "a\x00"}, "body"),
        ({"body": "x" * 1_000_001}, "body"),
        ({"cc": ["nobody"]}, "cc"),
        ({"cc": "a@b.example"}, "cc"),
        ({"attachment_ids": [999_999]}, "attachment_ids"),
        ({"attachment_ids": [2**70]}, "attachment_ids.0"),
        ({"visibility": "INTERNAL", "cc": ["a@b.example"]}, "cc"),
        ({"author": "me"}, "author"),
    ]
    for values, field in wrong:
        sent = {"ticket": world.ticket.number, "body": "x", "visibility": "PUBLIC", **values}
        assert wrong_fields(api.post("comments", sent)) == [field], str(values)[:80]
    assert wrong_fields(api.post("comments", {"ticket": world.ticket.pk, "body": "x"})) == ["visibility"]
    assert world.actions() == []


def test_a_stranger_reads_and_writes_nothing_on_a_hidden_ticket(api: Caller, world: World) -> None:
    opening = Comment.objects.get(ticket=world.hidden)
    assert api.get(f"comments?ticket={world.hidden.number}").status_code == 404
    assert api.get(f"comments/{opening.pk}").status_code == 404
    sent = {"ticket": world.hidden.number, "body": "x", "visibility": "INTERNAL"}
    assert api.post("comments", sent).status_code == 404
    assert world.actions() == []


def test_what_waits_for_its_undo_is_nobodys_to_read_yet(api: Caller, world: World) -> None:
    sent = api.post("comments", {"ticket": world.ticket.number, "body": "oops", "visibility": "PUBLIC"}).json()
    Comment.objects.filter(pk=sent["id"]).update(delivery_state="HELD")
    assert api.get(f"comments/{sent['id']}").status_code == 404
    assert len(api.items(f"comments?ticket={world.ticket.number}")) == 1


def test_nothing_is_written_on_a_ticket_in_the_trash(api: Caller, world: World) -> None:
    trash_ticket(world.ticket, by=world.john)
    answer = api.post("comments", {"ticket": world.ticket.number, "body": "x", "visibility": "INTERNAL"})
    assert (answer.status_code, answer.json()["code"]) == (409, "in_trash")


def test_a_file_goes_onto_one_comment_and_only_by_its_uploader(api: Caller, api_of: Any, world: World) -> None:
    file = upload(api)
    sent = {"ticket": world.ticket.number, "body": "x", "visibility": "INTERNAL", "attachment_ids": [file]}
    assert wrong_fields(api_of(world.emma).post("comments", sent)) == ["attachment_ids"]
    assert api.post("comments", sent).status_code == 201
    assert wrong_fields(api.post("comments", sent)) == ["attachment_ids"]
