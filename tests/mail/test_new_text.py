"""What the sender wrote now, as against what stood there before."""

import pytest

from supportflow.mail.parsing.newhtml import new_html
from supportflow.mail.parsing.reply import new_text
from tests.mail.mails import html, plain, read

NEW = "It works now, thank you."

ANNOUNCEMENTS = [
    "On Mon, Mar 3, 2025 at 12:34 PM Support <support@desk.example> wrote:",
    "On Mon, Mar 3, 2025 at 12:34 PM Support Team of the Long Name\n<support@desk.example> wrote:",
    "On 3 Mar 2025, at 12:34, Support <\nsupport@desk.example>\nwrote:",
    "On 03/03/2025 12:34, Support wrote:",
    "Support wrote on 03/03/2025 12:34:56 PM:",
    "---- On Mon, 03 Mar 2025 12:34:56 +0100 Support <support@desk.example> wrote ----",
    "2025-03-03 12:34 GMT+01:00 Support <support@desk.example>:",
    "Am 03.03.2025 um 12:34 schrieb Support:",
    "Support <support@desk.example> schrieb am Mo., 3. März 2025, 12:34:",
    "Le lun. 3 mars 2025 à 12:34, Support <support@desk.example> a écrit :",
    "El lun, 3 mar 2025 a las 12:34, Support (<support@desk.example>) escribió:",
    "Il giorno lun 3 mar 2025 alle ore 12:34 Support <support@desk.example> ha scritto:",
    "Op ma 3 mrt 2025 om 12:34 schreef Support <support@desk.example>:",
    "Op 3 mrt. 2025 om 12:34 heeft Support <support@desk.example> het volgende geschreven:",
    "Em seg., 3 de mar. de 2025 às 12:34, Support <support@desk.example> escreveu:",
    "pon., 3 mar 2025 o 12:34 Support <support@desk.example> napisał(a):",
    "Den mån 3 mars 2025 kl 12:34 skrev Support <support@desk.example>:",
    "Den man. 3. mar. 2025 kl. 12.34 skrev Support <support@desk.example>:",
    "ma 3. maalisk. 2025 klo 12.34 Support (support@desk.example) kirjoitti:",
    "po 3. 3. 2025 v 12:34 odesílatel Support <support@desk.example> napsal:",
    "пн, 3 мар. 2025 г. в 12:34, Support <support@desk.example>:",
    "3 марта 2025 г., 12:34, Support написал(а):",
    "2025年3月3日(月) 12:34 Support <support@desk.example>:",
    "Support <support@desk.example> 于2025年3月3日周一 12:34写道：",
    "2025년 3월 3일 (월) 오후 12:34, Support <support@desk.example>님이 작성:",
    "3 Mar 2025 Pzt, 12:34 tarihinde Support <support@desk.example> şunu yazdı:",
    "في الاثنين، 3 مارس 2025 في 12:34 م تمت كتابة ما يلي بواسطة Support <support@desk.example>:",
    (
        "\u202bבתאריך יום ב׳, 3 במרץ 2025 ב-12:34"
        " מאת \u202aSupport\u202c\u200f <\u202asupport@desk.example\u202c\u200f>:\u202c"
    ),
]
HEADER_BLOCKS = [
    "From: Support <support@desk.example>\nSent: Monday, March 3, 2025 12:34 PM\nTo: Sarah\nSubject: RE: Printer",
    "*From:* Support\n*Date:* Monday 3 March 2025\n*To:* Sarah\n*Subject:* Printer",
    "________________________________\nVon: Support\nGesendet: Montag, 3. März 2025 12:34\nAn: Sarah\nBetreff: Drucker",
    "De : Support\nEnvoyé : lundi 3 mars 2025 12:34\nÀ : Sarah\nObjet : Imprimante",
    "De: Support\nEnviado el: lunes, 3 de marzo de 2025 12:34\nPara: Sarah\nAsunto: Impresora",
    "Da: Support\nInviato: lunedì 3 marzo 2025 12:34\nA: Sarah\nOggetto: Stampante",
    "Van: Support\nVerzonden: maandag 3 maart 2025 12:34\nAan: Sarah\nOnderwerp: Printer",
    "Från: Support\nSkickat: den 3 mars 2025 12:34\nTill: Sarah\nÄmne: Skrivare",
    "От: Support\nОтправлено: 3 марта 2025 г. 12:34\nКому: Sarah\nТема: Принтер",
    "发件人: Support\n发送时间: 2025年3月3日 12:34\n收件人: Sarah\n主题: 打印机",
    "差出人: Support\n送信日時: 2025年3月3日 12:34\n宛先: Sarah\n件名: プリンター",
    "-----Original Message-----\nFrom: Support\nSent: Monday",
    "-----Ursprüngliche Nachricht-----\nVon: Support",
    "------------------ 原始邮件 ------------------",
    "##- Please type your reply above this line -##",
]
SIGNATURES = [
    "-- \nSarah Johnson\nCTO, Acme",
    "--\nSarah",
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Отправлено с iPhone",
    "iPhoneから送信",
    "发自我的 iPhone",
    "Get Outlook for iOS<https://aka.ms/x>",
    "Sent from Yahoo Mail on Android\n\nJohn",
]


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS)
@pytest.mark.parametrize("mark", ["> ", ""])
def test_announced_quotes_are_left_out(announcement: str, mark: str) -> None:
    text = f"{NEW}\n\n{announcement}\n\n{mark}Does it print?\n{mark}\n{mark}Support"
    assert new_text(text, "Re: Printer").text == NEW


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_quotes_below_a_block_of_headers_are_left_out(block: str) -> None:
    assert new_text(f"{NEW}\n\n{block}\n\nDoes it print?\n", "Re: Printer").text == NEW


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures_are_left_out(signature: str) -> None:
    assert new_text(f"{NEW}\n\n{signature}").text == NEW
    assert new_text(f"{NEW}\n\n{signature}\n\n{ANNOUNCEMENTS[0]}\n> Does it print?").text == NEW


def test_answers_between_quotes_keep_everything() -> None:
    text = f"{ANNOUNCEMENTS[0]}\n> Does it print?\n\nYes.\n\n> And scan?\n\nNo."
    assert new_text(text).text == text
    assert new_text("> Does it print?\n\nYes.\n\n> And scan?\n\nNo.").text.count(">") == 2


def test_an_answer_below_the_quote_is_the_answer() -> None:
    assert new_text(f"{ANNOUNCEMENTS[0]}\n> Does it print?\n> Really?\n\n{NEW}\n\n-- \nSarah").text == NEW


def test_words_around_one_quote_are_both_kept_without_it() -> None:
    assert (
        new_text(f"{NEW}\n\n{ANNOUNCEMENTS[0]}\n\n> Does it print?\n\nRegards, Sarah").text
        == f"{NEW}\n\nRegards, Sarah"
    )


def test_the_signature_below_a_quote_is_no_answer() -> None:
    assert new_text(f"{NEW}\n\n{ANNOUNCEMENTS[0]}\n> Does it print?\n\n-- \nSarah").text == NEW


def test_a_quote_that_nothing_announces_is_left_out_at_the_end_only() -> None:
    assert new_text(f"{NEW}\n\n> Does it print?\n> Really?").text == NEW


@pytest.mark.parametrize(
    "text",
    [
        "I wrote:\n1. first\n2. second",
        "From: the beginning\nit was broken.",
        "Hello,\n\nOn 3 March 2025 at 12:30 the server said:\nError 500\n\nPlease help.",
        "The meeting on Monday 3 March 2025 with bob@x.example has topics:\n- one\n- two",
        "x -- y\n\nz",
        "Subject: is what I would put here",
        "a > b\n and b < c",
    ],
)
def test_ordinary_words_are_no_quote(text: str) -> None:
    assert new_text(text).text == text


@pytest.mark.parametrize(
    "text", ["> all\n> quote", ANNOUNCEMENTS[0] + "\n> only a quote", "-- \nonly a signature", "Sent from my iPhone"]
)
def test_text_never_becomes_empty(text: str) -> None:
    assert new_text(text, "Re: x").text == text.strip()


FORWARDED = "From: Ann <ann@x.example>\nDate: Mon, 3 Mar 2025 12:34\nSubject: Bill\nTo: Sarah\n\nPlease pay."


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Fwd: Bill", f"FYI\n\n---------- Forwarded message ---------\n{FORWARDED}"),
        ("Bill", f"FYI\n\nBegin forwarded message:\n\n{FORWARDED}"),
        ("WG: Bill", f"FYI\n\n________________________________\n{FORWARDED}"),
        ("Bill", f"-------- Weitergeleitete Nachricht --------\n{FORWARDED}"),
        ("TR: Facture", f"-----Message d'origine-----\n{FORWARDED}"),
        ("Bill", f"---------- Messaggio inoltrato ---------\n{FORWARDED}"),
        ("Bill", f"-------- Пересылаемое сообщение --------\n{FORWARDED}"),
    ],
)
def test_forwards_keep_the_forwarded_mail_whole(subject: str, text: str) -> None:
    mail = read(plain(text, f"Subject: {subject}"))
    assert mail.is_forward
    assert "Please pay." in mail.reply
    assert "ann@x.example" in mail.reply


def test_an_answer_to_a_forward_is_no_forward() -> None:
    mail = read(
        plain(f"{NEW}\n\n{ANNOUNCEMENTS[0]}\n> ---------- Forwarded message ---------\n> x", "Subject: Re: Fwd: Bill")
    )
    assert (mail.is_forward, mail.reply) == (False, NEW)


GMAIL = (
    f'<div dir="ltr"><b>{NEW}</b><br><img src="cid:shot"></div><br><div class="gmail_quote"><div class="gmail_attr">'
    "On Mon, Mar 3, 2025 at 12:34 PM Support &lt;support@desk.example&gt; wrote:<br></div>"
    '<blockquote class="gmail_quote">Does it print?<img src="cid:theirs"></blockquote></div>'
)
OUTLOOK = (
    f'<div class="WordSection1"><p>{NEW}</p><div style="border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Support<br>'
    "<b>Sent:</b> Monday, March 3, 2025 12:34 PM<br><b>To:</b> Sarah<br><b>Subject:</b> Printer</p></div>"
    "<p>Does it print?</p></div>"
)
APPLE = (
    f"<div>{NEW}</div><div>Sent from my iPhone</div><blockquote type=cite><div>On 3 Mar 2025, at 12:34, Support "
    "&lt;support@desk.example&gt; wrote:</div></blockquote><blockquote type=cite>Does it print?</blockquote>"
)


@pytest.mark.parametrize("body", [GMAIL, OUTLOOK, APPLE])
def test_html_is_cut_where_its_text_is_cut(body: str) -> None:
    mail = read(html(body, "Subject: Re: Printer"))
    assert mail.reply == NEW
    assert "Does it print" not in mail.reply_source_html
    assert NEW in mail.reply_source_html
    assert mail.source_html == body


def test_pictures_above_the_quote_stay() -> None:
    cut = new_html(GMAIL)
    assert "cid:shot" in cut
    assert "cid:theirs" not in cut
    assert "<b>" in cut


def test_html_without_a_clean_cut_is_not_cut() -> None:
    assert not new_html(f"On 3 March 2025 at 12:34 Support wrote:<blockquote>Does it print?</blockquote><p>{NEW}</p>")
    assert new_html(f"<p>{NEW}</p>") == f"<p>{NEW}</p>"
