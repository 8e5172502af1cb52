"""Text from people and from the network, made safe to show."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supportflow.core.richtext import Rich, from_mail_html, from_markdown, from_plain, html_to_text, sanitise

VECTORS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)'>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' jav\tascript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='data:text/html,x'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='/settings/users'>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=x></object><embed src=x><applet></applet>",
    "<form action=/logout><input name=x><button>Go</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href='//evil.example/'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<style>*{background:url(//evil.example)}</style>",
    "<p style='background:url(//evil.example);position:fixed'>x</p>",
    "<div id=composer name=x class='button danger' data-hx-get=/x hx-get=/x>x</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<body onload=alert(1)><p>x",
    "<table background='//evil.example/x'><td background=x>x</table>",
    "<video poster=//evil.example/x><audio src=x autoplay>",
    "<a href='https://x.example' onclick=alert(1) target=_top>x</a>",
    '<img srcset="https://evil.example/x 2x" src="cid:a">',
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
]


def _words(text: str) -> set[str]:
    return set(text.split())


SHOWN = _words("""
    a abbr b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption
    figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub sup
    table tbody td tfoot th thead time tr tt u ul var wbr
""")
PLAIN = {"title", "dir", "lang", "alt", "width", "height", "align", "valign", "colspan", "rowspan", "start", "scope"}
ADDRESSES = {
    "href": r"\s*(?:https?://|mailto:|tel:)",
    "src": r"/files/|data:image/(?:png|gif|jpe?g|webp);base64,",
    "data-remote": r"https?://",
    "rel": r"noopener noreferrer nofollow\Z",
    "target": r"_blank\Z",
    "class": r"remote-image\Z",
    "datetime": r"",
}


class _Dangers(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SHOWN:
            self.found.append(tag)
        for name, value in attrs:
            if name not in PLAIN and not (name in ADDRESSES and re.match(ADDRESSES[name], value or "", re.IGNORECASE)):
                self.found.append(f"{tag} {name}={value}")

    def handle_comment(self, data: str) -> None:
        self.found.append(data)

    def handle_decl(self, decl: str) -> None:
        self.found.append(decl)


def dangers(html: str) -> list[str]:
    """Everything in `html` that our pages must not hold: read anew, by another parser, from its own allow-list."""
    return _Dangers(html).found


@pytest.mark.parametrize("vector", VECTORS)
@pytest.mark.parametrize("make", [from_mail_html, from_markdown, from_plain])
def test_nothing_dangerous_comes_through(vector: str, make: object) -> None:
    assert callable(make)
    rich: Rich = make(f"<p>before</p>{vector}")
    assert not dangers(rich.html)
    assert "before" in rich.text


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([*VECTORS, "<p>", "</p>", "<table>", "<b>", "</b>", "'", '"', "<", ">", "x"]), max_size=12)
)
def test_no_mixture_of_vectors_comes_through(pieces: list[str]) -> None:
    assert not dangers(sanitise("".join(pieces)))


def test_remote_images_sleep_until_asked_for() -> None:
    html = sanitise('<img src="https://t.example/p.gif" width=1 alt=x><img src="//t.example/q.gif">')
    assert ' src="' not in html
    assert html.count('class="remote-image"') == 2
    assert 'data-remote="https://t.example/q.gif"' in html


def test_images_of_the_mail_point_at_our_files_and_others_go() -> None:
    html = sanitise('<img src="cid:a@x" alt=A><img src="cid:unknown">', {"a@x": "/files/7"})
    assert html == '<img alt="A" src="/files/7">'


def test_links_open_elsewhere_and_tell_nothing() -> None:
    html = from_markdown("[x](https://x.example/) and mailto:a@x.example").html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


def test_what_the_sender_hid_stays_hidden() -> None:
    rich = from_mail_html('<p>shown</p><div style="display:none">secret</div><span style="mso-hide:all">x</span>')
    assert (rich.text, "secret" in rich.html) == ("shown", False)


def test_markdown_is_formatted_and_its_html_is_shown_not_obeyed() -> None:
    rich = from_markdown("**bold** <b>tag</b>\n\n- one\n- two\n\n> quote\n\n`code`\nnext line")
    assert "<strong>bold</strong> &lt;b&gt;tag&lt;/b&gt;" in rich.html
    assert "<br>" in rich.html
    assert rich.text == "bold <b>tag</b>\n\n- one\n- two\n\n> quote\n\ncode\nnext line"


def test_plain_text_keeps_its_lines_quotes_and_links() -> None:
    rich = from_plain("one\ntwo\n\n> said\n\nhttps://x.example/a?b=1&c=2.")
    assert rich.html.startswith("<p>one<br>two</p>\n<blockquote><p>said</p></blockquote>")
    assert '<a href="https://x.example/a?b=1&amp;c=2"' in rich.html
    assert rich.text == "one\ntwo\n\n> said\n\nhttps://x.example/a?b=1&c=2."


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div><div><br></div><div>three</div>", "one\ntwo\n\nthree"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("a  \n  b&nbsp;<b> c</b>", "a b c"),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ("<ul><li>one<ul><li>inner</ul><li><p>two</p></ul>", "- one\n  - inner\n- two"),
        ("<ol><li>one<li>two</ol>", "1. one\n2. two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c<td>d</table>", "a b\nc d"),
        ("<blockquote>one<blockquote>two</blockquote></blockquote>three", "> one\n>\n>> two\n\nthree"),
        ("<title>no</title><style>no</style><script>no</script>yes<!-- no -->", "yes"),
        ("x<hr>y", "x\n\ny"),
        ("&lt;b&gt; &amp; &#8364;", "<b> & €"),
        ('<img alt="😀" src=x> hi <img alt="company logo" src=x>', "😀 hi"),
        ("", ""),
    ],
)
def test_html_becomes_the_text_that_a_reader_sees(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_addresses_of_links_are_written_out_when_asked() -> None:
    html = '<a href="https://x.example/reset">Reset</a> <a href="https://y.example">https://y.example</a>'
    assert html_to_text(html, links=True) == "Reset (https://x.example/reset) https://y.example"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "words" + "</div>" * 100_000,
        "<span><div></span></div>" * 50_000 + "words",
        "".join(f"<font color={n}><p>" for n in range(20_000)) + "words",
        "<a " + " ".join(f"x{n}=1" for n in range(100_000)) + ">words</a>",
        "<blockquote>" * 50_000 + "words",
        "<p>" * 650_000 + "words",
        "<table><tr><td>" * 50_000 + "words",
        "<" * 200_000 + " words",
        "words" + "<!--" * 100_000,
        "words" + "<script>" * 100_000,
    ],
)
def test_html_made_to_hurt_keeps_its_words(html: str) -> None:
    rich = from_mail_html(html)
    assert "words" in rich.text
    assert not dangers(rich.html)


@pytest.mark.parametrize(
    "piece",
    ["*a ", "[", "![", "[](", "`a", "<a ", "> ", "- ", "_a ", "|a", "~~a", "\\", "&a;", "**a *b ", "# ", "[a]: b\n"],
)
def test_markdown_made_to_hurt_ends(piece: str) -> None:
    assert from_markdown(piece * (20_000 // len(piece)) + "words").text.endswith("words")


def test_long_markdown_is_shown_as_typed() -> None:
    assert from_markdown("**x** " * 50_000).text.startswith("**x** **x**")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_no_text_raises_and_none_is_dangerous(text: str) -> None:
    for rich in (from_markdown(text), from_plain(text), from_mail_html(text)):
        assert not dangers(rich.html)
        assert "\0" not in rich.html + rich.text
        (rich.html + rich.text).encode("utf-8")
