"""What the pages' template engine does when it compiles a template."""

import pytest
from django.template import engines
from django.utils import translation

from supportflow.pages.jinja import Pages


def render(source: str, **values: object) -> str:
    engine = engines["jinja"]
    assert isinstance(engine, Pages)
    environment = engine.engine(translation.get_language() or "en").env
    return environment.from_string(source).render(**values)


@pytest.fixture
def translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts have a translation, in templates that are compiled anew."""
    words = {"Save": "Sichern & <fertig>", "50 %% off": "50 %% weniger"}
    monkeypatch.setattr(translation, "gettext", lambda text: words.get(text, text))
    monkeypatch.setattr(engines["jinja"], "_engines", {})


def test_words_are_put_in_when_the_template_is_compiled(translated: None) -> None:
    assert render('{{ _("Save") }}') == "Sichern &amp; &lt;fertig&gt;"
    assert render('<b title="{{ _("Save") }}">') == '<b title="Sichern &amp; &lt;fertig&gt;">'


def test_a_percent_sign_is_written_twice_with_and_without_values(translated: None) -> None:
    assert render('{{ _("50 %% off") }}') == "50 % weniger"
    assert render('{{ _("%(n)s %% off", n=5) }}') == "5 % off"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('{{ _("Save") ~ "!" }}', "Save!"),
        ("{{ _('Save')|upper }}", "SAVE"),
        ("{{ _(word) }}", "Save"),
        ('{{ row._("Save") }}', "own: Save"),
        ('{{ row.icon("x") }}', "own icon: x"),
        ('{{ "_" }}{{ _ is defined }}', "_True"),
    ],
)
def test_only_calls_with_one_text_are_made_early(source: str, shown: str) -> None:
    row = {"_": lambda text: f"own: {text}", "icon": lambda name: f"own icon: {name}"}
    assert render(source, word="Save", row=row) == shown


def test_a_picture_is_drawn_early_and_is_no_text() -> None:
    assert render('{{ icon("menu") }}') == render("{{ icon(name) }}", name="menu")
    assert render('{{ icon("menu") }}').startswith("<svg ")


def test_each_language_has_its_own_templates() -> None:
    engine = engines["jinja"]
    assert isinstance(engine, Pages)
    assert engine.engine("en") is engine.engine("en")
    with translation.override("de"):
        assert engine.engine("de") is not engine.engine("en")
