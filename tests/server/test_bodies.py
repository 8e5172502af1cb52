"""What slow, greedy and vanishing clients get, without waiting for them in real time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing
from typing import Any

import pytest

from supportflow import bodies
from supportflow.bodies import BodyReader, BodyRefused, ClientGone

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


def sending(parts: Iterable[bytes], then: Message | None = None, every: float = 0.0) -> Receive:
    """A client that sends these parts, and then this, or nothing for ever."""
    waiting = iter(parts)

    async def receive() -> Message:
        await asyncio.sleep(every)
        if (part := next(waiting, None)) is not None:
            return {"type": "http.request", "body": part, "more_body": True}
        return then or await asyncio.Event().wait()  # type: ignore[return-value]  # it never comes

    return receive


END: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


def read(receive: Receive, headers: dict[str, str] = CHUNKED, limit: int = 1000, patience: float = 30.0) -> bytes:
    async def whole() -> bytes:
        with closing(await BodyReader(limit, patience).read(headers, receive)) as body:
            return body.read()

    return asyncio.run(whole())


def refusal(receive: Receive, **options: Any) -> int:
    with pytest.raises(BodyRefused) as refused:
        read(receive, **options)
    return refused.value.status


def test_parts_make_a_whole() -> None:
    assert read(sending([b"a", b"", b"bc"], END)) == b"abc"
    assert read(sending([]), headers={}) == b"", "without a body nothing is waited for"
    large = [b"x" * 600_000] * 3
    assert read(sending(large, END), limit=2_000_000) == b"".join(large), "from a temporary file"


def test_silence_is_ended_with_408() -> None:
    assert refusal(sending([b"abc"]), patience=0.02) == 408


def test_a_trickle_is_ended_with_408_however_regular() -> None:
    assert refusal(sending([b"x"] * 10_000, END, every=0.01), limit=10**9, patience=0.1) == 408


def test_one_byte_too_many_is_413_after_the_rest_was_taken_in() -> None:
    assert read(sending([b"x" * 1000], END)) == b"x" * 1000
    parts = iter([b"x" * 1000, b"x", b"the rest"])
    assert refusal(sending(parts, END)) == 413
    assert list(parts) == []


def test_a_promise_of_too_much_is_refused_before_a_byte_is_sent() -> None:
    greedy = {"CONTENT_LENGTH": "1001", "HTTP_EXPECT": "100-continue"}
    assert refusal(sending([]), headers=greedy) == 413


def test_there_are_so_many_places_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "AT_ONCE", 2)

    async def third() -> None:
        reader, large = BodyReader(100_000, patience=0.1), b"a" * (bodies.SMALL + 1)
        # Each of the two sends a byte often enough to keep its place.
        slow = [
            asyncio.ensure_future(reader.read(CHUNKED, sending([large, *[b"a"] * 999], every=0.01))) for _ in range(2)
        ]
        await asyncio.sleep(0.03)
        try:
            assert (await reader.read(CHUNKED, sending([b"a", b"b"], END))).read() == b"ab", "small ones need none"
            await reader.read(CHUNKED, sending([large], END))
        finally:
            for task in slow:
                task.cancel()
            await asyncio.wait(slow)

    monkeypatch.setattr(bodies, "SLOWEST", 1.0)
    with pytest.raises(BodyRefused) as refused:
        asyncio.run(third())
    assert refused.value.status == 503


def test_who_leaves_is_gone() -> None:
    with pytest.raises(ClientGone):
        read(sending([b"abc"], GONE))
