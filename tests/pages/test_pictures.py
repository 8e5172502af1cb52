"""Pictures on other servers are told in words."""

from supportflow.core.richtext.clean import sanitise
from supportflow.pages.pictures import without_remote


def test_a_remote_picture_becomes_its_words() -> None:
    html = sanitise('<p>Hi <img src="https://x.example/a.png" alt="Our <b> &quot;sale&quot;" width="600"> there</p>')
    shown = without_remote(html)
    assert "<img" not in shown
    assert "x.example" not in shown
    assert "Remote image not loaded: Our &lt;b&gt;" in shown


def test_a_picture_made_not_to_be_seen_leaves_nothing() -> None:
    assert without_remote(sanitise('<p>a<img src="https://x.example/t.gif" width="1" height="1">b</p>')) == "<p>ab</p>"


def test_our_own_pictures_stay() -> None:
    html = sanitise('<p><img src="cid:7"><img src="https://x.example/a.png"></p>', {"7": "/attachments/7/picture"})
    shown = without_remote(html)
    assert '<img src="/attachments/7/picture">' in shown
    assert "Remote image not loaded" in shown
