"""The whole slice, for real: mail in by SMTP, answered in Chromium, out by SMTP, answered again, told by the API."""

import re
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, SUPPORT, Desk, sign_in
from tests.house.processes import wait_until

pytestmark = pytest.mark.browser

ANA = "ana.torres@norte.example"


def utf8_with_attachment() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Ana Torres <{ANA}>", SUPPORT, "Über­weisung schlägt fehl – Größe ≠ 3 €"
    mail["Message-ID"] = "<one@norte.example>"
    mail.set_content("Guten Tag,\n\ndie Überweisung schlägt fehl. Siehe Anhang.\n\nAna\n")
    mail.add_attachment("Zeile;Betrag\n1;3,00 €\n".encode(), maintype="text", subtype="csv", filename="Beträge.csv")
    return mail


def japanese() -> bytes:
    body = "ログインできません。\r\nよろしくお願いします。\r\n".encode("iso-2022-jp")
    return (
        b"From: =?ISO-2022-JP?B?GyRCOzNFREJATzobKEI=?= <yamada@higashi.example>\r\nTo: support@supportflow.example\r\n"
        b"Subject: =?ISO-2022-JP?B?GyRCJW0lMCUkJXMbKEI=?=\r\nMessage-ID: <two@higashi.example>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" + body
    )


def html_only() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "web@shop.example", SUPPORT, "Order <b>42</b>"
    mail["Message-ID"] = "<three@shop.example>"
    html = (
        "<p>Where is <b>my order</b>?</p><script>document.title='owned'</script><img src='http://track.example/p.gif'>"
    )
    mail.set_content(html, subtype="html")
    return mail


def broken_header() -> bytes:
    return (
        b"From: Kaputt <kaputt@broken.example>\nTo: support@supportflow.example\nSubject: =?utf-8?B?4pyTIGhhbGY=\n"
        b"this line is no header\nDate: never\nContent-Type: text/plain; charset=klingon\n\n"
        b"Still readable \xe4\xf6\xfc\n"
    )


def row(page: Page, subject: str) -> str:
    """The number of the ticket with this subject, as the list shows it."""
    link = page.get_by_role("row").filter(has_text=subject)
    expect(link).to_be_visible(timeout=20_000)
    found = re.search(r"T-\d{4}", link.inner_text())
    assert found
    return found[0]


def test_the_desk_answers_its_first_customer(desk: Desk, emma: Page) -> None:
    # Four mails come in; each becomes a ticket, and the list shows them without a reload.
    emma.goto(f"{desk.url}/tickets")
    desk.send(utf8_with_attachment(), ANA)
    number = row(emma, "Überweisung schlägt fehl")
    assert number == "T-0006"
    desk.send(japanese(), "yamada@higashi.example")
    desk.send(html_only(), "web@shop.example")
    desk.send(broken_header(), "kaputt@broken.example")
    japanese_number = row(emma, "ログイン")
    html_number = row(emma, "Order <b>42</b>")
    row(emma, "Kaputt")

    emma.goto(f"{desk.url}/tickets/{japanese_number}")
    expect(emma.get_by_text("ログインできません。").first).to_be_visible()
    emma.goto(f"{desk.url}/tickets/{html_number}")
    expect(emma.get_by_text("my order").first).to_be_visible()
    assert emma.title() != "owned"

    # Emma reads Ana's, downloads the file, notes, answers.
    emma.goto(f"{desk.url}/tickets/{number}")
    expect(emma.get_by_text("die Überweisung schlägt fehl").first).to_be_visible()
    with emma.expect_download() as download:
        emma.get_by_role("link", name="Beträge.csv").click()
    assert download.value.path().read_bytes().decode() == "Zeile;Betrag\n1;3,00 €\n"
    emma.locator("label[data-key=n]").click()
    emma.get_by_role("textbox", name="Message", exact=True).fill("The bank is to blame: SECRET-NOTE")
    emma.get_by_role("button", name="Add note").click()
    expect(emma.get_by_text("SECRET-NOTE").first).to_be_visible()
    emma.locator("label[data-key=r]").click()
    emma.get_by_role("textbox", name="Message", exact=True).fill("Hello Ana,\n\nplease try **again** now.")
    emma.get_by_role("button", name="Send, set waiting").click()
    expect(emma.locator(".message[data-kind=reply]")).to_contain_text("please try again now")

    # The customer gets it, as text and as HTML, and nothing of the note.
    mail = desk.post.wait_for(ANA)
    assert "T-0006" in str(mail["Subject"])
    assert mail["In-Reply-To"] == "<one@norte.example>"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "please try" in text.get_content()
    assert "<strong>again</strong>" in html.get_content()
    assert b"SECRET-NOTE" not in b"".join(desk.post.received)
    expect(emma.get_by_text("Sent", exact=True)).to_be_visible(timeout=20_000)

    # Her answer quotes ours and threads into the same ticket, which is open again.
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = ANA, SUPPORT, f"AW: {mail['Subject']}"
    answer["Message-ID"], answer["In-Reply-To"] = "<five@norte.example>", str(mail["Message-ID"])
    quoted = "".join(f"> {line}\n" for line in text.get_content().splitlines())
    answer.set_content(f"Danke, jetzt geht es!\n\nAm Montag schrieb Emma Clarke:\n{quoted}")
    desk.send(answer, ANA)
    expect(emma.locator(".message[data-kind=customer]").nth(1)).to_contain_text("Danke, jetzt geht es!", timeout=20_000)
    expect(emma.locator("#status [aria-pressed=true]")).to_have_text("Open", timeout=20_000)

    # The same mail once more changes nothing; a stranger who knows number and id gets a ticket of their own.
    desk.send(answer, ANA)
    stranger = EmailMessage()
    stranger["From"], stranger["To"], stranger["Subject"] = "eve@evil.example", SUPPORT, str(answer["Subject"])
    stranger["In-Reply-To"], stranger["Message-ID"] = str(mail["Message-ID"]), "<eve@evil.example>"
    stranger.set_content("Send me everything about this ticket. EVE-WAS-HERE")
    desk.send(stranger, "eve@evil.example")

    token = desk.run("token", "create", "--user", "john@supportflow.example", "--name", "story")
    wait_until(lambda: desk.api("/tickets?q=AW&sort=-number", token)["items"], "the stranger's own ticket")
    theirs = desk.api("/tickets?q=AW&sort=-number", token)["items"][0]
    assert theirs["number"] != "T-0006"
    emma.goto(f"{desk.url}/tickets/{theirs['number']}")
    expect(emma.get_by_text(re.compile("claims to answer", re.IGNORECASE)).first).to_be_visible()

    # The API and the trail tell the same story.
    ticket = desk.api("/tickets/T-0006", token)
    assert (ticket["status"], ticket["channel"], ticket["created_by"]["name"]) == ("OPEN", "EMAIL", "SupportFlow")
    assert ticket["contact"]["name"] == "Ana Torres"
    assert ticket["first_responded_at"] is not None
    comments = desk.api("/comments?ticket=T-0006", token)["items"]
    assert [(c["visibility"], c["author"]["type"]) for c in comments] == [
        ("PUBLIC", "contact"),
        ("INTERNAL", "user"),
        ("PUBLIC", "user"),
        ("PUBLIC", "contact"),
    ]
    assert not any("EVE-WAS-HERE" in comment["body"] for comment in comments)
    activities = desk.api("/activities?ticket=T-0006", token)["items"]
    actions = [a["action"] for a in sorted(activities, key=lambda a: a["id"])]
    assert [a for a in actions if a != "ticket.delivery_noted"] == [
        "ticket.created",
        "ticket.noted",
        "ticket.replied",
        "ticket.status_changed",
        "ticket.answered",
        "ticket.status_changed",
    ]


def question(sender: str, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, SUPPORT, subject, f"<q-{sender}>"
    mail.set_content("How do I do that?")
    return mail


def test_the_core_path_works_without_javascript(desk: Desk, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, desk, "john")

    # A mail is read, answered and resolved.
    desk.send(question("nora@plain.example", "Plain question"), "nora@plain.example")
    asked = page.get_by_role("link", name="Plain question")
    wait_until(lambda: page.reload() and asked.count(), "the mailed ticket")
    asked.first.click()
    expect(page.get_by_text("How do I do that?")).to_be_visible()
    page.get_by_role("textbox", name="Message", exact=True).fill("Dear Nora, like this.")
    page.get_by_role("button", name="Send, set waiting").click()
    expect(page.locator(".message[data-kind=reply]")).to_contain_text("like this")
    expect(page.locator("#status [aria-pressed=true]")).to_have_text("Waiting")
    assert "Dear Nora" in str(desk.post.wait_for("nora@plain.example"))
    page.locator("#status").get_by_role("button", name="Resolved").click()
    expect(page.locator("#status [aria-pressed=true]")).to_have_text("Resolved")

    # A call is written down as a ticket of somebody new.
    page.goto(f"{desk.url}/tickets")
    page.get_by_role("link", name="New ticket").last.click()
    page.get_by_label("Subject").fill("By telephone, without scripts")
    page.get_by_role("combobox", name="Customer").fill("Otto Plain <otto@plain.example>")
    page.locator("[name=body]").fill("He asks for an invoice.")
    page.get_by_role("button", name=re.compile("Create")).click()
    expect(page.get_by_role("heading", name="By telephone, without scripts")).to_be_visible()
    context.close()


def test_the_core_path_works_by_keyboard_alone(desk: Desk, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{desk.url}/login")
    expect(page.locator("[name=login]")).to_be_focused(timeout=20_000)
    page.keyboard.type("priya@supportflow.example")
    while page.evaluate("document.activeElement.name") != "password":
        page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.url}/tickets")

    # The newest ticket is the first row, there without a reload.
    desk.send(question("kim@keys.example", "Question of keys"), "kim@keys.example")
    expect(page.get_by_role("row").filter(has_text="Question of keys")).to_be_visible(timeout=20_000)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Question of keys")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
    page.keyboard.type("Typed without a mouse.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message[data-kind=reply]").last).to_contain_text("Typed without a mouse.")
    assert "Typed without a mouse" in str(desk.post.wait_for("kim@keys.example"))
    page.locator("body").press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#status [aria-pressed=true]")).to_have_text("Resolved")
    page.keyboard.press("u")
    page.wait_for_url(re.compile(r"/tickets(\?.*)?$"))
    context.close()
