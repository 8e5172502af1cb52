import struct

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from supportflow.accounts.images import bare
from supportflow.accounts.models import Picture
from supportflow.core.errors import Invalid
from tests.conftest import World
from tests.pictures import chunk, png

WHOLE = {"name": "John R.", "time_zone": "Europe/Berlin", "theme": "dark", "density": "comfortable"}


def segment(kind: int, data: bytes) -> bytes:
    return bytes([0xFF, kind]) + struct.pack(">H", len(data) + 2) + data


def jpeg(width: int = 8, more: bytes = b"") -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, 8, width, 1) + b"\1\x11\0")
    return b"\xff\xd8" + more + frame + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd9"


def test_a_person_sets_what_is_the_own(browser: Client, world: World) -> None:
    sent = {**WHOLE, "signature": "John, **Support**", "language": "en"}
    assert browser.post("/profile", sent).status_code == 302
    world.john.refresh_from_db()
    john = world.john
    assert (john.name, john.time_zone, john.signature) == ("John R.", "Europe/Berlin", "John, **Support**")
    assert (john.theme, john.density, john.language, john.has_shortcuts) == ("dark", "comfortable", "en", False)
    page = browser.get("/tickets").content
    assert b'data-theme="dark" data-density="comfortable"' in page
    assert b'data-keys="off"' in page
    for wrong in ({"name": ""}, {"time_zone": "Mars/Base"}, {"theme": "pink"}, {"language": "tlh"}):
        assert browser.post("/profile", sent | wrong).status_code == 422
    assert world.actions() == ["user.updated"]


def test_the_theme_is_rendered_by_the_server(browser: Client, world: World) -> None:
    assert b"data-theme" not in browser.get("/tickets").content.split(b">")[1]
    answer = browser.post("/theme", {"theme": "dark"}, headers={"Referer": "http://testserver/contacts"})
    assert answer["Location"] == "http://testserver/contacts"
    assert b'<html lang="en" data-theme="dark">' in browser.get("/tickets").content
    world.john.refresh_from_db()
    assert world.john.theme == "dark"
    del browser.cookies["theme"]
    assert b'data-theme="dark"' in browser.get("/tickets").content  # another device
    assert browser.post("/theme", {"theme": "pink"}).status_code == 400


def test_the_way_back_leads_to_ourselves_alone(browser: Client) -> None:
    answer = browser.post("/theme", {"theme": "light"}, headers={"Referer": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_a_picture_is_shown_and_removed(browser: Client, world: World) -> None:
    assert browser.post("/profile", {**WHOLE, "upload": SimpleUploadedFile("me.png", png())}).status_code == 302
    world.john.refresh_from_db()
    address = f"/users/{world.john.pk}/picture/{world.john.picture}"
    assert address.encode() in browser.get("/tickets").content
    shown = browser.get(address)
    assert (shown.content, shown["Content-Type"]) == (png(), "image/png")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert browser.get(f"/users/{world.john.pk}/picture/other").status_code == 404
    assert Client().get(address).status_code == 302
    assert browser.post("/profile", {**WHOLE, "no_picture": "on"}).status_code == 302
    assert browser.get(address).status_code == 404
    assert not Picture.objects.exists()


def test_only_what_draws_is_kept_of_a_picture() -> None:
    assert bare("picture", png(more=chunk(b"eXIf", b"where it was taken")) + b"<script>").content == png()
    found = bare("picture", jpeg(more=segment(0xE1, b"Exif\0\0 where")) + b"PK\3\4 another file")
    assert (found.content, found.content_type) == (jpeg(), "image/jpeg")
    progressive = jpeg()[:-2] + segment(0xC4, b"table") + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x01\xff\xd3\x02\xff\xd9"
    assert bare("picture", progressive).content == progressive


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg onload='alert(1)'/>",
        png()[:-20],
        png(5000),
        png(0),
        png().replace(b"IHDR", b"IDAT"),
        png(more=chunk(b"IHDR", b"x" * 13)),
        jpeg()[:-2],
        jpeg(2000),
        jpeg(0),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + b"\xff\xe1\x00\x00" * 9,
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 40,
        png() + b"x" * 600_000,
    ],
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        bare("picture", content)


def test_a_file_that_is_no_picture_is_told_at_the_field(browser: Client, world: World) -> None:
    answer = browser.post("/profile", {**WHOLE, "upload": SimpleUploadedFile("x.png", b"nothing like it")})
    assert answer.status_code == 422
    assert b"no PNG or JPEG" in answer.content
    world.john.refresh_from_db()
    assert world.john.name == "John Reyes"
