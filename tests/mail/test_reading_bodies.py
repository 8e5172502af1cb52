"""The text, the HTML and the files of a mail."""

import base64

import pytest

from tests.mail.mails import SENDER, html, multipart, part, plain, raw, read

PNG = b"\x89PNG\r\n\x1a\n-not-really"


@pytest.mark.parametrize(
    ("text", "declared", "codec"),
    [
        ("Grüße, 10 €", "utf-8", "utf-8"),
        ("Grüße, 10 €", "iso-8859-1", "cp1252"),
        ("Grüße “so”", "us-ascii", "cp1252"),
        ("Grüße", "us-ascii", "utf-8"),
        ("Grüße", "iso-8859-1", "utf-8"),  # labelled by a liar
        ("Grüße", "no-such-charset", "utf-8"),
        ("Grüße", "", "cp1252"),
        ("Привет, мир", "koi8-r", "koi8-r"),
        ("Привет, мир", "windows-1251", "cp1251"),
        ("こんにちは①㈱髙", "shift_jis", "cp932"),
        ("こんにちは世界", "iso-2022-jp", "iso2022_jp"),
        ("こんにちは世界", "euc-jp", "euc_jp"),
        ("你好，世界。𠮷", "gb2312", "gb18030"),
        ("你好世界", "big5", "big5"),
        ("안녕하세요 똠방", "ks_c_5601-1987", "cp949"),
        ("שלום", "iso-8859-8-i", "iso8859_8"),
        ("مرحبا", "windows-1256", "cp1256"),
        ("Καλημέρα", "iso-8859-7", "iso8859_7"),
        ("Zażółć gęślą jaźń", "iso-8859-2", "iso8859_2"),
        ("สวัสดี", "tis-620", "tis_620"),
        ("hello", "utf-16", "utf-16"),
    ],
)
def test_charsets_are_read_as_senders_mean_them(text: str, declared: str, codec: str) -> None:
    body = base64.encodebytes(text.encode(codec))
    type_ = f"text/plain; charset={declared}" if declared else "text/plain"
    assert read(plain(body, "Content-Transfer-Encoding: base64", type_=type_)).text == text


def test_japanese_of_microsoft_is_read_from_iso_2022_jp() -> None:
    body = b"\x1b$B\x2d\x21\x2d\x6a\x1b(B ok"  # ① and ㈱: row 13, which the standard has not
    assert read(plain(body, type_="text/plain; charset=iso-2022-jp")).text == "①㈱ ok"


@pytest.mark.parametrize(
    "charset", ["utf-7", "rot13", "hex", "zlib", "unicode_escape", "idna", "punycode", "undefined"]
)
def test_charsets_that_are_tricks_are_refused(charset: str) -> None:
    assert read(plain(b"+ADw-b+AD4- \\x41", type_=f"text/plain; charset={charset}")).text == "+ADw-b+AD4- \\x41"


@pytest.mark.parametrize(
    "coded",
    [
        b"SGVsbG8gd29ybGQ=",
        b"SGVsbG8gd29ybGQ",  # no padding
        b"SGVs\r\nbG8g\r\n!!!d29y\r\nbGQ=\r\n",  # foreign characters
        b"SGVsbG8g\r\nd29ybGQ=\r\nQ",  # a stray character at the end
        b"SGVsbG8gd28=cmxk",  # two pieces joined
    ],
)
def test_broken_base64_is_salvaged(coded: bytes) -> None:
    assert read(plain(coded, "Content-Transfer-Encoding: BASE64")).text == "Hello world"


def test_quoted_printable_and_unknown_encodings() -> None:
    body = "caf=C3=A9 a=\r\nnd =zz = end="
    assert read(plain(body, "Content-Transfer-Encoding: quoted-printable")).text.startswith("café and")
    assert read(plain("as it is", "Content-Transfer-Encoding: x-strange")).text == "as it is"


def test_flowed_text_flows_and_its_quotes_keep_their_marks() -> None:
    body = "This is one \r\nline.\r\n\r\n> a quoted \r\n> line\r\n \r\n> From\r\n-- \r\nSarah"
    mail = read(plain(body, type_="text/plain; charset=utf-8; format=flowed"))
    assert mail.text == "This is one line.\n\n> a quoted line\n\n> From\n-- \nSarah"


def test_the_plain_version_is_the_text_and_the_html_is_kept() -> None:
    mail = read(multipart("alternative", part("text/plain", "Hello"), part("text/html", "<p>Hello <b>you</b></p>")))
    assert mail.text == "Hello"
    assert mail.html == "<p>Hello <b>you</b></p>"
    assert not mail.attachments


def test_html_alone_becomes_text() -> None:
    mail = read(html("<style>p{}</style><p>Dear&nbsp;team</p><ul><li>one<li>two</ul><table><tr><td>a<td>b</table>"))
    assert mail.text == "Dear team\n\n- one\n- two\n\na b"


def test_an_empty_plain_version_does_not_hide_the_html() -> None:
    mail = read(multipart("alternative", part("text/plain", "\r\n \r\n"), part("text/html", "<p>Here</p>")))
    assert mail.text == "Here"


def test_texts_between_images_are_one_text() -> None:
    mail = read(
        multipart(
            "mixed",
            part("text/plain", "before"),
            part("image/png; name=shot.png", PNG, "Content-Disposition: inline; filename=shot.png"),
            part("text/plain", "after"),
        )
    )
    assert mail.text == "before\nafter"
    assert [(file.name, file.size, file.inline) for file in mail.attachments] == [("shot.png", len(PNG), True)]


def test_text_files_are_files() -> None:
    mail = read(
        multipart(
            "mixed",
            part("text/plain", "See the log."),
            part("text/plain; name=app.log", "ERROR", 'Content-Disposition: attachment; filename="app.log"'),
            part("text/csv", "a,b"),
        )
    )
    assert mail.text == "See the log."
    assert [file.name for file in mail.attachments] == ["app.log", "attachment-2.csv"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('Content-Disposition: attachment; filename="report.pdf"', "report.pdf"),
        ("Content-Disposition: attachment; filename=my report.pdf", "my report.pdf"),
        ("Content-Disposition: attachment; filename*=utf-8''caf%C3%A9.pdf", "café.pdf"),
        ("Content-Disposition: attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9.pdf", "café.pdf"),
        ('Content-Disposition: attachment; filename*0="long-"; filename*1="name.pdf"', "long-name.pdf"),
        ('Content-Disposition: attachment; filename="=?utf-8?Q?caf=C3=A9.pdf?="', "café.pdf"),
        ('Content-Disposition: attachment; filename="../../etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="C:\\\\temp\\\\x.pdf"', "x.pdf"),
        ('Content-Disposition: attachment; filename="a\x00b\u202efdp.exe"', "abfdp.exe"),
        ('Content-Disposition: attachment; filename="..."', "attachment-1.pdf"),
        ('Content-Disposition: attachment; filename="unclosed.pdf', "unclosed.pdf"),
        ("Content-Disposition: attachment", "attachment-1.pdf"),
        (f'Content-Disposition: attachment; filename="{"x" * 400}.pdf"', "x" * 146 + ".pdf"),
    ],
)
def test_names_of_files_are_readable_and_safe(header: str, name: str) -> None:
    mail = read(multipart("mixed", part("text/plain", "x"), part("application/pdf", "%PDF", header)))
    assert [file.name for file in mail.attachments] == [name]


def test_images_of_the_html_are_inline_and_the_rest_is_not() -> None:
    related = multipart(
        "related",
        part("text/html", '<p>x</p><img src="cid:logo@x"><img src="https://track.example/p.gif">'),
        part("image/png", PNG, "Content-ID: <logo@x>", "Content-Disposition: attachment; filename=logo.png"),
        part("application/pdf", "%PDF", "Content-Disposition: attachment; filename=a.pdf"),
    )
    mail = read(related)
    assert [(file.name, file.inline, file.content_id) for file in mail.attachments] == [
        ("logo.png", True, "logo@x"),
        ("a.pdf", False, ""),
    ]
    assert 'src="https' not in mail.html
    assert 'data-remote="https://track.example/p.gif"' in mail.html


def test_mail_inside_mail_is_one_file_named_after_its_subject() -> None:
    inner = raw("From: other@x.example", "Subject: Inner / subject", "", "secret words")
    mail = read(multipart("mixed", part("text/plain", "outer"), part("message/rfc822", inner)))
    assert mail.text == "outer"
    assert [(file.name, file.type) for file in mail.attachments] == [("Inner _ subject.eml", "message/rfc822")]


def test_invitations_are_files() -> None:
    mail = read(
        multipart("alternative", part("text/plain", "Come"), part("text/calendar; method=REQUEST", "BEGIN:VCALENDAR"))
    )
    assert (mail.text, [file.name for file in mail.attachments]) == ("Come", ["invite.ics"])


def test_uuencoded_files_leave_the_text() -> None:
    mail = read(plain("See:\r\nbegin 644 hi.txt\r\n%2&5L;&\\\r\n`\r\nend\r\nBye\r\nbegin 644 is just talk"))
    assert mail.text == "See:\nBye\nbegin 644 is just talk"
    assert [(file.name, file.content) for file in mail.attachments] == [("hi.txt", b"Hello")]


def test_a_lone_part_with_a_name_is_still_the_body() -> None:
    assert read(multipart("mixed", part("text/plain; name=body.txt", "Hello"))).text == "Hello"


@pytest.mark.parametrize("type_", ["multipart/mixed", "multipart/mixed; boundary=wrong", "multipart"])
def test_a_boundary_that_is_not_named_is_guessed(type_: str) -> None:
    body = raw("--real", "Content-Type: text/plain", "", "Hello", "--real--")
    mail = read(raw(SENDER, f"Content-Type: {type_}", "", body))
    assert "Hello" in mail.text


def test_an_unfinished_multipart_loses_nothing() -> None:
    whole = multipart("mixed", part("text/plain", "Hello"), part("application/pdf; name=a.pdf", "%PDF-1"))
    mail = read(whole[: whole.index(b"%PDF-1") + 6])
    assert (mail.text, [file.content for file in mail.attachments]) == ("Hello", [b"%PDF-1"])


def test_a_damaged_winmail_stays_a_file() -> None:
    mail = read(
        multipart(
            "mixed", part("text/plain", "x"), part("application/ms-tnef; name=winmail.dat", b"\x78\x9f\x3e\x22rubbish")
        )
    )
    assert [file.name for file in mail.attachments] == ["winmail.dat"]


def test_controls_and_nul_leave_the_text() -> None:
    assert read(plain(b"a\x00b\x1b[31mc\x07\td\x0be")).text == "ab[31mc\td\ne"
