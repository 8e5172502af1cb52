"""The new part of an HTML mail, as HTML: what stands before the quote, with its formatting and images."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from supportflow.core.richtext import html_to_text
from supportflow.core.richtext.guard import MAX_HTML, is_reasonable

from .reply import new_text


def new_html(html: str, subject: str = "") -> str:
    """`html` cut behind its new text; all of it if nothing is quoted; empty if no clean cut is possible.

    The cut is found by the words, not by the marks of mail programs: as soon as the letters of the new text have gone
    by, the rest of the tree goes. So it says exactly what `new_text` says, or nothing. The result is not sanitised.
    """
    html = html[:MAX_HTML]
    if not is_reasonable(html):
        return ""
    text = html_to_text(html)
    new = new_text(text, subject).text
    if not new or new == text.strip():
        return html
    letters = _letters(new)
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None or not letters or not _letters(text).startswith(letters) or not _cut(body, letters):
        return ""
    found = tree.html or ""
    return found if _letters(html_to_text(found)) == letters else ""


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _cut(body: LexborNode, letters: str) -> bool:
    """Remove the first text behind `letters` and all that follows it; images before it stay."""
    seen = 0
    for node in body.traverse(include_text=True):
        here = _letters(node.text_content or "") if node.tag == "-text" else ""
        if here and seen == len(letters):
            _remove_from(node, body)
            return True
        if here and letters.startswith(here, seen):
            seen += len(here)  # other letters (numbers of lists, hidden text) are left to the final comparison
    return seen == len(letters)


def _remove_from(node: LexborNode, body: LexborNode) -> None:
    """Drop `node`, what follows it, and the elements that this leaves empty."""
    emptied = True
    while node.mem_id != body.mem_id and (parent := node.parent) is not None:
        while (following := node.next) is not None:
            following.decompose()
        emptied = emptied and (node.tag == "-text" or not _says_anything(node))
        if emptied:
            node.decompose()
        node = parent


def _says_anything(node: LexborNode) -> bool:
    return node.css_first("img") is not None or bool(_letters(node.text(deep=True)))
