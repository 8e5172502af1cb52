"""The Jinja environment of all pages: strict, escaping, with gettext and the components under `ui`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.template.backends.base import BaseEngine
from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from supportflow.pages import assets, numbers, pictures, times, words
from supportflow.pages.once import once_field


@functools.lru_cache(maxsize=4096)
def url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of a named page; empty keyword arguments are an error, as everywhere."""
    return reverse(name, args=args, kwargs=kwargs or None)


def query(request: HttpRequest, **changes: object) -> str:
    """Return this page's address with some parameters changed; None removes one, a list repeats it."""
    params = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params.setlist(name, [str(v) for v in value] if isinstance(value, list | tuple) else [str(value)])
    return f"{request.path}?{params.urlencode()}" if params else request.path


def href(path: str, **params: object) -> str:
    """Return `path` with a query string of the parameters that are not None or empty."""
    given = {name: value for name, value in params.items() if value not in (None, "")}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


@functools.lru_cache(maxsize=512)
def icon(name: str, size: str = "", kind: str = "icon") -> Markup:
    """Return a picture of the sprite. It is decoration: the words beside it, or the button's label, say it."""
    classes = f"{kind} {size}" if size else kind
    sprite = static("icons/sprite.svg")
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(classes, sprite, name)


def glyph(name: str, size: str = "") -> Markup:
    """Return a status or priority glyph: `s-OPEN`, `p-HIGH`."""
    return icon(name, size, "glyph")


def hue(key: int | None) -> int:
    """Return one of eight avatar colours, always the same one for the same id."""
    return (key or 0) % 8 + 1


def initials(name: str) -> str:
    """Return at most two initials of a name: "Sarah van Dyk" gives "SD"."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in dict.fromkeys([*words[:1], *words[-1:]])).upper() or "?"


# Components that are made of nothing but their arguments; a list shows the same few hundreds of times.
MARKS = frozenset(
    (
        "status",
        "priority",
        "mini",
        "badge",
        "dot",
        "due",
        "tag",
        "avatar",
        "named",
        "nobody",
        "organisation",
        "keys",
        "ring",
        "score",
        "ticket_row",
        "ticket_card",
        "places",
        "setup_places",
        "bulk_menus",
        "column_choice",
    )
)


def remembered(macro: Callable[..., str]) -> Callable[..., str]:
    """Return `macro` with its last results kept."""
    return functools.lru_cache(maxsize=1024)(macro)


class Folded(Extension):
    """Calls with nothing but a text that always give the same are made when the template is compiled.

    A page asks for some five hundred words and pictures. Each language compiles the templates for itself (see Pages).
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        tokens = list(stream)
        at = 0
        while at < len(tokens):
            name, _opening, text, _closing = call = (tokens[at : at + 4] + [tokens[-1]] * 4)[:4]
            before = tokens[at - 1].type if at else ""
            if (
                before != "dot"
                and all(token.type == kind for token, kind in zip(call, _CALL, strict=True))
                and name.value in _FOLDED
            ):
                yield from _FOLDED[name.value](text)
                at += 4
            else:
                yield name
                at += 1


_CALL = ("name", "lparen", "string", "rparen")


def _words(text: Token) -> Iterator[Token]:
    # Jinja's own gettext formats what it translated, so that a percent sign is written twice.
    yield Token(text.lineno, "string", translation.gettext(text.value) % {})


def _picture(draw: Callable[[str], Markup], text: Token) -> Iterator[Token]:
    yield Token(text.lineno, "string", str(draw(text.value)))
    yield Token(text.lineno, "pipe", "|")
    yield Token(text.lineno, "name", "safe")


_FOLDED: dict[str, Callable[[Token], Iterator[Token]]] = {
    "_": _words,
    "icon": functools.partial(_picture, icon),
    "glyph": functools.partial(_picture, glyph),
}


class Pages(BaseEngine):
    """Django's template engine of all pages: Jinja2, once for each language."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self._engines: dict[str, Jinja2] = {}
        super().__init__({key: value for key, value in params.items() if key != "OPTIONS"})

    def get_template(self, template_name: str) -> Any:
        return self.engine(translation.get_language() or settings.LANGUAGE_CODE).get_template(template_name)

    def engine(self, language: str) -> Jinja2:
        if language not in self._engines:
            # Two threads may make one at the same time: the same twice, and one is dropped.
            with translation.override(language):
                self._engines[language] = Jinja2({**self._params, "OPTIONS": {**self._params["OPTIONS"]}})
        return self._engines[language]


def environment(**options: Any) -> Environment:
    """Return the environment; Django passes the loader and the rest of OPTIONS."""
    assets.collect()
    env = Environment(  # noqa: S701  Django passes autoescape=True
        **{**options, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True},
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", Folded],
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext, translation.ngettext, newstyle=True, pgettext=translation.pgettext
    )
    env.filters["file_size"] = numbers.file_size
    env.filters["whole"] = numbers.whole
    env.filters["bounded"] = numbers.bounded
    env.filters["initials"] = initials
    env.filters["without_remote"] = pictures.without_remote
    env.filters["sleeping"] = pictures.sleeping
    ui = SimpleNamespace()
    env.globals.update(
        url=url,
        static=static,
        query=query,
        href=href,
        icon=icon,
        once_field=once_field,
        glyph=glyph,
        hue=hue,
        when=times.when,
        word=words.word,
        ui=ui,
        money=numbers.money,
        date=times.date_words,
        iso_date=times.iso_date_words,
        plain_number=numbers.plain_number,
        shown_number=numbers.shown_number,
        local_input=times.local_input,
        lasting=times.lasting,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        direction="rtl" if translation.get_language_bidi() else "ltr",
    )
    for name in env.list_templates(filter_func=lambda name: name.startswith("components/")):
        macros = {key: macro for key, macro in vars(env.get_template(name).module).items() if not key.startswith("_")}
        vars(ui).update({key: remembered(macro) if key in MARKS else macro for key, macro in macros.items()})
    return env
