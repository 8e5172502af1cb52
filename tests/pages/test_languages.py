"""Pages in the reader's language: whole catalogues, dates and numbers as they are written there, right to left."""

import re

import pytest
from django.conf import settings
from django.template import loader
from django.test import Client
from django.utils import translation

from scripts import messages
from supportflow.accounts.models import User
from tests.conftest import World

TEXTS = messages.source()


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_text_is_translated_with_its_placeholders(language: str) -> None:
    assert list(messages.faults(language, TEXTS)) == []


def test_each_catalogue_can_be_chosen() -> None:
    assert {code for code, _name in settings.LANGUAGES} == {"en", *messages.LANGUAGES}


@pytest.mark.parametrize(
    ("language", "status", "new"),
    [("en", "Open", "New ticket"), ("de", "Offen", "Neues Ticket"), ("es", "Abierto", "Nuevo ticket")],
)
def test_people_read_their_language_whatever_the_browser_asks(
    browser: Client, world: World, language: str, status: str, new: str
) -> None:
    User.objects.filter(pk=world.john.pk).update(language=language)
    page = browser.get("/tickets", headers={"Accept-Language": "es,de;q=0.5"}).content.decode()
    assert f'<html lang="{language}"' in page
    assert re.search(rf">\s*{status}\s*<", page)
    assert new in page


@pytest.mark.parametrize(("asked", "language"), [("de-AT,de;q=0.9", "de"), ("es-MX", "es"), ("fr", "en"), ("", "en")])
def test_strangers_are_met_in_the_language_of_their_browser(db: None, asked: str, language: str) -> None:
    page = Client().get("/login", headers={"Accept-Language": asked}).content.decode()
    assert f'<html lang="{language}"' in page


def test_a_language_read_from_right_to_left_turns_the_page_round() -> None:
    with translation.override("ar"):
        shown = loader.render_to_string("error.html", {"status": 404})
    assert '<html lang="ar" dir="rtl"' in shown


def test_style_sheets_know_start_and_end_but_no_left_and_right() -> None:
    sided = []
    for file in (messages.PACKAGE / "static" / "css").rglob("*.css"):
        for name, value in re.findall(r"^\s*([\w-]+):\s*([^;{}]+);", file.read_text("utf-8"), re.MULTILINE):
            sides = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "()", value).split()
            uneven = name in {"inset", "margin", "padding"} and len(sides) == 4 and value.split()[1] != value.split()[3]
            if uneven or re.search(r"(^|-)(left|right)$", name):
                sided.append(f"{file.name}: {name}: {value}")
    assert sided == []
