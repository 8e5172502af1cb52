"""A POST with an Idempotency-Key happens once."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from supportflow.core import clock
from supportflow.core.errors import Refused
from supportflow.core.idempotency import Answer, once
from supportflow.core.models import KeptAnswer
from supportflow.core.tasks import forget_kept_answers
from supportflow.tags.models import Tag
from supportflow.tags.operations import create_tag
from tests.conftest import World
from tests.together import together


class Counted:
    def __init__(self, world: World) -> None:
        self.world, self.runs = world, 0

    def __call__(self) -> Answer:
        self.runs += 1
        tag = create_tag(f"tag {Tag.objects.count()}", by=self.world.john)
        return Answer(201, f'{{"id": {tag.pk}}}', {"Location": f"/api/tags/{tag.pk}"})


def test_a_repeat_gets_the_first_answer(world: World) -> None:
    act = Counted(world)
    first = once(1, "key", b"POST /api/tags {}", act)
    assert once(1, "key", b"POST /api/tags {}", act) == first
    assert first.headers["Location"].startswith("/api/tags/")
    assert (act.runs, world.actions()) == (1, ["tag.created"])


def test_keys_belong_to_their_token(world: World) -> None:
    act = Counted(world)
    assert once(1, "key", b"a", act) != once(2, "key", b"a", act)
    assert act.runs == 2


def test_a_key_with_another_request_is_refused(world: World) -> None:
    act = Counted(world)
    once(1, "key", b"a", act)
    with pytest.raises(Refused) as refusal:
        once(1, "key", b"b", act)
    assert (refusal.value.code, act.runs) == ("idempotency_key_reused", 1)


def test_a_failure_keeps_nothing_and_may_be_tried_again(world: World) -> None:
    def refuse() -> Answer:
        create_tag("vip", by=world.john)
        raise Refused("no", "No.")

    with pytest.raises(Refused):
        once(1, "key", b"a", refuse)
    assert (KeptAnswer.objects.count(), Tag.objects.count(), world.trail()) == (0, 0, [])
    assert once(1, "key", b"a", Counted(world)).status == 201


def test_answers_are_kept_for_a_day(world: World) -> None:
    with clock.at(timezone.now() - timedelta(hours=25)):
        once(1, "old", b"a", Counted(world))
    with clock.at(timezone.now() - timedelta(hours=23)):
        once(1, "new", b"a", Counted(world))
    forget_kept_answers.call()
    assert [kept.key for kept in KeptAnswer.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_acts_once(world: World) -> None:
    class Slow(Counted):
        def __call__(self) -> Answer:
            time.sleep(0.1)
            return super().__call__()

    act = Slow(world)
    answers = together(*[lambda: once(1, "key", b"a", act)] * 4)
    assert len({answer.body for answer in answers}) == 1
    assert (act.runs, world.actions()) == (1, ["tag.created"])


@pytest.mark.django_db(transaction=True)
def test_the_second_acts_when_the_first_fails_at_the_same_moment(world: World) -> None:
    act = Counted(world)

    def fail() -> Answer:
        time.sleep(0.2)
        raise Refused("no", "No.")

    def after_the_first() -> Answer:
        time.sleep(0.05)
        return once(1, "key", b"a", act)

    refused, answered = together(lambda: once(1, "key", b"a", fail), after_the_first)
    assert isinstance(refused, Refused)
    assert (answered.status, act.runs) == (201, 1)
