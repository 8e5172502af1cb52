"""The new part of a reply: without the quote below (or above) it and without the signature.

One walk over the lines; every test looks at one line of bounded length or joins at most four, so a mail of any shape
costs time in proportion to its length. When in doubt text is kept: answers between quotes keep everything, forwards
keep the forwarded mail, and a mail that is all quote stays as it is.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from . import phrases

MAX_LINE = 400
"""Characters of a line that are looked at; what is longer announces nothing."""
MAX_LINES = 5_000
"""Lines in which a quote may begin; a mail that is still new text then is new text."""
MAX_SIGNATURE = 20
"""Lines below a `--` without its space that may still be a signature."""
_WRAP = 3
_NEAR_END = 6
_FOOTER = 12
_MAX_WORDS = 9
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_QUOTE = re.compile(r"\s{0,3}(?:>|\|\s?>|&gt;)")
_RULER = re.compile(r"\s*(?:[_\-=*~–—─]\s?){5,}\s*\Z")
_TIME = re.compile(r"\d{1,2}[:.h]\s?\d{2}|\d{1,2}\s?[ap]\.?m\b|\d{1,2}[时時]|\d{1,2}h")
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\s?\d{1,2}[./-]|\d{4}年|\d{1,2}\.? (?:de )?[^\W\d_]{3,12}\.?,? (?:de )?\d{2,4}"
    r"|\d{4}년|[^\W\d_]{3,9}\.? \d{1,2}\b"
)
_MAIL = re.compile(r"[^\s<>@:]{1,100}@[^\s<>@]{1,100}")
_MAIL_LAST = re.compile(r"[^\s<>@:]{1,100}@[^\s<>@]{1,100}[>)\]\"'\s*]*[:：]\Z")
_DATED = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b.{0,40}(?:<[^<>@\s]+@[^<>@\s]+>|gmt[+-]\d\d:\d\d [^:]{1,80})\Z"
    r"|posted by .{1,80} on \d"
)
"""Old programs: date and sender, no colon."""
_WROTE_DASHES = re.compile(r"-{2,}.{5,300}-{2,}\s*\Z")
_LINK_REST = re.compile(r"[<(\[]?https?://\S+|\S*[)>\]]\Z")
_SAME_LINE = re.compile(
    r"(.*?\S)[\s-]+((?:on|am|le|el|il) .{0,40}\d.{5,200}(?:wrote|schrieb.{0,80}|écrit|escribió|scritto) ?:)\Z",
    re.IGNORECASE,
)
_DASH_NAME = re.compile(r"-{1,2}[^\W\d_]\w*(?: [^\W\d_][\w.]*){0,2}\s*\Z")
_LIST = re.compile(r"mailing list|\blistinfo\b|unsubscribe|you received this message because|google groups")
_EXCUSE = re.compile(r"excuse|typo|brev|short|kürze|faute|error")
_LABEL = re.compile(r"[\s>*_|]{0,6}([^\W\d_][^:：<>@]{0,28}?)[\s*_]{0,4}[:：]")


@dataclass(frozen=True, slots=True)
class NewText:
    text: str
    is_forward: bool = False


class _Kind(Enum):
    WROTE = auto()
    """"On … wrote:"."""
    HEADERS = auto()
    """A block of From, Sent, To, Subject."""
    FORWARD = auto()
    QUOTE = auto()
    """Quoted lines that nothing announces."""
    ABOVE = auto()
    """"Please reply above this line"."""


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: _Kind
    start: int
    end: int
    """Lines [start, end) announce what follows."""
    before: str = ""
    """Words before the announcement, on its own first line."""


def new_text(text: str, subject: str = "") -> NewText:
    """The part of `text` that its sender wrote now, and whether the mail forwards another one."""
    lines = [_BIDI.sub("", line) for line in text.split("\n")]
    mark = _find_mark(lines)
    forwards = bool(phrases.FORWARD_PREFIX.match(subject))
    if mark is None:
        return NewText(_or(_without_signature(lines), text), is_forward=forwards)
    if mark.kind is _Kind.FORWARD or (forwards and mark.kind is _Kind.HEADERS):
        return NewText(text.strip(), is_forward=True)
    return NewText(_or(_new_part(lines, mark), text))


def _or(found: str, text: str) -> str:
    return found if found.strip() else text.strip()


def _new_part(lines: list[str], mark: _Mark) -> str:
    above = _trimmed([*lines[: mark.start], mark.before])
    if mark.kind in (_Kind.ABOVE, _Kind.HEADERS):
        return _without_signature(above)
    after = _after_quote(lines, mark.end)
    if after is None or (above and _is_footer(after)):
        return _without_signature(above)
    if mark.kind is _Kind.QUOTE or any(_is_quote(line) for line in after):
        return _without_signature(lines)  # answers between the quotes
    return _without_signature([*above, "", *after])


def _after_quote(lines: list[str], start: int) -> list[str] | None:
    """The lines behind the first quoted block from `start`, if there are words in them.

    A quote without marks has no end that could be seen: then all of it is quote.
    """
    index = start
    while index < len(lines) and not lines[index].strip():
        index += 1
    if index >= len(lines) or not _is_quote(lines[index]):
        return None
    while index < len(lines) and (_is_quote(lines[index]) or not lines[index].strip() or _is_wrapped(lines, index)):
        index += 1
    rest = lines[index:]
    return rest if any(line.strip() and not _is_quote(line) for line in rest) else None


def _is_wrapped(lines: list[str], index: int) -> bool:
    """A line between two quoted ones that lost its mark: the end of a long line, or a link."""
    if not 0 < index < len(lines) - 1 or not (_is_quote(lines[index - 1]) and _is_quote(lines[index + 1])):
        return False
    line = lines[index].strip()
    return (len(line) < 40 and len(lines[index - 1]) > 65) or bool(_LINK_REST.match(line[:MAX_LINE]))


def _is_footer(lines: list[str]) -> bool:
    """Whether only a signature or the footer of a mailing list stands below a quote."""
    first = next((line for line in lines if line.strip()), "")
    return _is_delimiter(first) or bool(_RULER.match(first[:MAX_LINE])) or _is_mobile(first)


def _find_mark(lines: list[str]) -> _Mark | None:
    first_quote: int | None = None
    for index, line in enumerate(lines[:MAX_LINES]):
        if not line.strip():
            continue
        if _is_quote(line):
            first_quote = index if first_quote is None else first_quote
            continue
        if first_quote is not None:
            break
        if len(line) <= MAX_LINE and (mark := _mark_at(lines, index)):
            return mark
    return _Mark(_Kind.QUOTE, first_quote, first_quote) if first_quote is not None else None


def _mark_at(lines: list[str], index: int) -> _Mark | None:
    line = lines[index].strip().lower()
    if phrases.REPLY_ABOVE.match(line):
        return _Mark(_Kind.ABOVE, index, index + 1)
    if _is_banner(line, phrases.FORWARDED):
        return _Mark(_Kind.FORWARD, index, index + 1)
    if _is_banner(line, phrases.ORIGINAL):
        return _Mark(_Kind.HEADERS, index, index + 1)
    if _is_header_block(lines, index):
        return _Mark(_Kind.HEADERS, _above_ruler(lines, index), index)
    return _attribution(lines, index)


def _is_banner(line: str, pattern: re.Pattern[str]) -> bool:
    """`---- Original Message ----`, or the words alone with a colon."""
    if len(line) > 120 or not pattern.fullmatch(line):
        return False
    return line[0] in "-_=*~#" or line.endswith((":", "：", "-"))


def _is_header_block(lines: list[str], index: int) -> bool:
    """Three different labels close together, the sender's among them; or fewer where a date or a ruler vouches."""
    first = _label(lines[index])
    if first is None:
        return False
    if first == "from" and _above_ruler(lines, index) != index:
        return True
    found = [first]
    dated = first == "sent" and _is_dated(lines[index])
    for line in lines[index + 1 : index + 12]:
        if (label := _label(line)) and label not in found:
            found.append(label)
            dated = dated or (label == "sent" and _is_dated(line))
    if "from" in found[:3] and len(found) >= 3:
        return "sent" in found or "subject" in found
    return dated and len(found) >= 2 and ("from" in found or "to" in found) and len(lines[index]) < 100


def _is_dated(line: str) -> bool:
    return bool(_DATE.search(line[:100]) and _TIME.search(line[:100]))


def _label(line: str) -> str | None:
    match = _LABEL.match(line[:80])
    if match is None:
        return None
    word = match.group(1).strip(" *_").lower()
    return next((key for key, words in phrases.LABELS.items() if word in words), None)


def _above_ruler(lines: list[str], index: int) -> int:
    """Where the ruler above a header block begins, if there is one."""
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULER.match(lines[above][:MAX_LINE]) else index


def _attribution(lines: list[str], index: int) -> _Mark | None:
    """Whether the line at `index` ends an announcement that began there or up to three lines above."""
    line = lines[index].strip().rstrip("*_ ").lower()
    if line.endswith(("-", "–")) and _WROTE_DASHES.match(line) and phrases.WROTE.search(line):
        return _Mark(_Kind.WROTE, index, index + 1)
    if _DATED.match(line) and _quote_follows(lines, index):
        return _Mark(_Kind.WROTE, index, index + 1)
    if not line.endswith((":", "：")):
        return None
    if (shared := _SAME_LINE.match(lines[index].rstrip())) and _announces(shared.group(2).lower(), quote_follows=False):
        return _Mark(_Kind.WROTE, index, index + 1, before=shared.group(1).rstrip("- "))
    start = index
    while True:
        joined = " ".join(part.strip() for part in lines[start : index + 1]).lower().rstrip("*_ ")
        if _announces(joined, quote_follows=_quote_follows(lines, index)):
            return _Mark(_Kind.WROTE, _opening(lines, start, index), index + 1)
        start -= 1
        if start < max(0, index - _WRAP) or not lines[start].strip() or _is_quote(lines[start]):
            return None


def _announces(text: str, *, quote_follows: bool) -> bool:
    if len(text) > 600:
        return False
    if phrases.QUOTING.match(text):
        return True
    wrote = phrases.WROTE.search(text)
    mail = _MAIL.search(text)
    date = _DATE.search(text)
    time = _TIME.search(text)
    opens = phrases.OPENERS.match(text)
    if phrases.SAID.search(text) and opens and date:
        return bool(mail) or quote_follows
    if wrote:
        return bool((date and (time or opens or mail)) or (time and (opens or mail)) or mail or quote_follows)
    return bool(date and (time or opens) and _MAIL_LAST.search(text))


def _opening(lines: list[str], start: int, index: int) -> int:
    """Go up to the line that opens the announcement, if it is wrapped."""
    if phrases.OPENERS.match(lines[start].lower()):
        return start
    for above in range(start - 1, max(-1, index - _WRAP - 1), -1):
        line = lines[above].strip().lower()
        if not line or _is_quote(line):
            break
        if phrases.OPENERS.match(line) and (_DATE.search(line[:MAX_LINE]) or _TIME.search(line[:MAX_LINE])):
            return above
    return start


def _quote_follows(lines: list[str], index: int) -> bool:
    following = next((line for line in lines[index + 1 : index + 4] if line.strip()), "")
    return _is_quote(following)


def _is_quote(line: str) -> bool:
    return bool(_QUOTE.match(line))


def _trimmed(lines: list[str]) -> list[str]:
    """Without empty lines and rulers at the end."""
    return lines[: _trimmed_end(lines, len(lines))]


def _trimmed_end(lines: list[str], end: int) -> int:
    while end and (not lines[end - 1].strip() or _RULER.match(lines[end - 1][:MAX_LINE])):
        end -= 1
    return end


def _without_signature(lines: list[str]) -> str:
    lines = _without_list_footer(_trimmed(lines))
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    last_quote = max((index for index, line in enumerate(lines) if _is_quote(line)), default=-1)
    for index in range(max(first, last_quote) + 1, len(lines)):
        if _is_delimiter(lines[index]) and (lines[index] == "-- " or len(lines) - index - 1 <= MAX_SIGNATURE):
            lines = _trimmed(lines[:index])
            break
    return "\n".join(_without_name(_without_mobile(lines))).strip()


def _without_list_footer(lines: list[str]) -> list[str]:
    """Mailing lists add a ruler and a few lines about themselves."""
    for index in range(max(1, len(lines) - _FOOTER), len(lines)):
        below = " ".join(lines[index + 1 : index + 4]).lower()[:MAX_LINE]
        if _RULER.match(lines[index][:MAX_LINE]) and _LIST.search(below):
            return _trimmed(lines[:index])
    return lines


def _without_name(lines: list[str]) -> list[str]:
    """Drop "-Sarah" at the end, the oldest of signatures."""
    if len(lines) > 2 and not lines[-2].strip() and _DASH_NAME.match(lines[-1][:60]):
        return _trimmed(lines[:-1])
    return lines


def _without_mobile(lines: list[str]) -> list[str]:
    """Drop "Sent from my …" near the end, and what little stands below it, as often as it stands there."""
    first = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    end = len(lines)
    while end > first + 1:
        near = range(max(first + 1, end - _NEAR_END), end)
        found = next((index for index in near if _is_mobile(lines[index])), None)
        if found is None:
            break
        end = _trimmed_end(lines, found)
    return lines[:end]


def _is_delimiter(line: str) -> bool:
    return line.strip() in {"--", "—", "––", "- -", "__"} or line.rstrip() == "--"


def _is_mobile(line: str) -> bool:
    line = line.strip().lower()
    if not 0 < len(line) <= 160 or not phrases.MOBILE.match(line):
        return False
    return not line.startswith("sent from") or len(line.split()) <= _MAX_WORDS or bool(_EXCUSE.search(line))
