"""Was this mail written by a person? And may a machine answer it? (RFC 3834 and what programs do instead)"""

import re
from dataclasses import dataclass

from supportflow.core.richtext.guard import words

from . import phrases
from .addresses import Address
from .headers import Headers, clean_line

_AUTO_HEADERS = words("""
    x-autoreply x-autorespond x-autoresponder x-auto-reply x-autoreply-from x-auto-reply-from x-mail-autoreply
    x-mailautoreply x-vacation vacation x-ms-exchange-generated-message-source x-google-autoreply x-away-msg
    x-vacation-reply
""")
_LIST_HEADERS = words("""
    list-id list-unsubscribe list-post list-help list-owner list-archive list-subscribe mailing-list x-mailing-list
    x-mailman-version x-beenthere x-listname x-list feedback-id x-campaign x-campaignid
""")
_BULK = {"bulk", "list", "junk", "auto_reply", "auto-reply", "autoreply"}
_ROBOTS = re.compile(
    r"(?:mailer-?daemon|postmaster|no-?reply.*|do-?not-?reply.*|.*[-_.+]no-?reply|(?:.*[-_.+])?bounces?|bounces?[-_.+].*"
    r"|auto-?reply|auto-?responder|listserv|majordomo|mailman|.*-(?:request|owner)|owner-.*|nobody|daemon|root|cron"
    r"|nicht-?antworten|ne-pas-repondre)\Z"
)


@dataclass(frozen=True, slots=True)
class Nature:
    is_auto_reply: bool
    suppress: bool


def classify(
    headers: Headers, sender: Address | None, subject: str, *, type_: str, report: str, is_bounce: bool
) -> Nature:
    """`type_` and `report` are the message's content type and its `report-type`."""
    auto = not is_bounce and _is_auto_reply(headers, subject)
    receipt = type_ == "multipart/report" or report != ""
    return Nature(auto, auto or is_bounce or receipt or _is_machine(headers, sender))


def return_path_is_null(headers: Headers) -> bool:
    return any(
        value.strip() == b"<>"
        for value in (*headers.all("return-path"), *headers.all("x-return-path"), *headers.all("x-envelope-from"))
    )


def _is_auto_reply(headers: Headers, subject: str) -> bool:
    submitted = _word(headers.token("auto-submitted"))
    if submitted in {"auto-replied", "auto-reply", "auto_replied", "auto-notified"}:
        return True
    if any(headers.has(name) and headers.token(name) not in {"", "no", "false", "0"} for name in _AUTO_HEADERS):
        return True
    if _word(headers.token("precedence")) in {"auto_reply", "auto-reply", "autoreply"}:
        return True
    if (
        headers.token("x-precedence") in {"auto_reply", "auto-reply"}
        or headers.token("x-post-messageclass") == "9; autoresponder"
    ):
        return True
    if headers.token("preference") == "auto_reply" or "autoreply" in headers.token("delivered-to").split("@")[0]:
        return True
    return bool(phrases.AUTO_SUBJECT.match(clean_line(subject)[:200]))


def _is_machine(headers: Headers, sender: Address | None) -> bool:
    if _word(headers.token("auto-submitted")) not in {"", "no"}:
        return True
    if _word(headers.token("precedence")) in _BULK or _word(headers.token("x-precedence")) in _BULK:
        return True
    suppress = headers.token("x-auto-response-suppress")
    if suppress and suppress != "none":
        return True
    if any(headers.has(name) for name in _LIST_HEADERS) or headers.has("x-loop") or return_path_is_null(headers):
        return True
    return sender is None or bool(_ROBOTS.match(sender.email.lower().rpartition("@")[0]))


def _word(token: str) -> str:
    return token.partition(";")[0].strip()
