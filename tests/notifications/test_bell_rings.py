"""The hub knows of new notifications, which come later than the activity they follow from."""

from supportflow.desk.operations import assign_ticket
from supportflow.live.told import NewlyTold
from tests.conftest import World
from tests.notifications.conftest import Told


def test_each_counts_once(world: World, told: Told) -> None:
    newly = NewlyTold()
    assert newly.users() == set()
    assign_ticket(world.ticket, world.john, by=world.emma)
    assert newly.users() == set()  # the worker has told nobody yet
    assert told.unread(world.john) == 1
    assert newly.users() == {world.john.pk}
    assert newly.users() == set()
    assert NewlyTold().users() == set()
