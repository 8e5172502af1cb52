"""The body of a request, read with care: a JSON text in UTF-8 or a clear refusal."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.parser import Parser

from supportflow.core.api.problems import Problem, malformed


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """Raises Problem: 415 for another media type, 400 for what is no JSON, 422 for text that cannot be stored."""
        if request.content_type != "application/json":
            raise Problem(
                415, "media_type", _("Send JSON, with the header Content-Type: application/json."), headers=_ACCEPT
            )
        try:
            text = request.body.decode()
        except UnicodeDecodeError:
            raise malformed(_("The body is not valid UTF-8.")) from None
        try:
            data = json.loads(text, parse_constant=_no_constant)
        except RecursionError:
            raise malformed(_("The JSON is nested too deeply.")) from None
        except json.JSONDecodeError as error:
            where = {"line": error.lineno, "column": error.colno}
            raise malformed(_("The body is not valid JSON (line %(line)s, column %(column)s).") % where) from None
        except ValueError:
            raise malformed(_("The body has a number that is too large.")) from None
        if "\\u" in text:
            _refuse_lone_surrogates(data)
        return data


_ACCEPT = {"Accept": "application/json"}


def _no_constant(name: str) -> NoReturn:
    raise malformed(_("%(name)s is no JSON number.") % {"name": name})


def _refuse_lone_surrogates(data: Any) -> None:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        detail = _("The body has half of a surrogate pair, which is no text. Remove it.")
        raise Problem(422, "invalid", detail) from None
    except RecursionError:
        raise malformed(_("The JSON is nested too deeply.")) from None
