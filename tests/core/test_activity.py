import pytest
from django.db import DatabaseError, connection, transaction

from supportflow.core.errors import Forbidden
from supportflow.core.models import Activity
from supportflow.core.purging import declared_purge
from supportflow.desk.operations import assign_ticket
from tests.conftest import World


def test_the_database_refuses_to_change_or_delete_the_trail(world: World) -> None:
    for sql in ("UPDATE core_activity SET action = 'x'", "DELETE FROM core_activity"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert not Activity.objects.filter(action="x").exists()


def test_a_declared_purge_may_delete_and_leaves_the_guard_up(world: World) -> None:
    with declared_purge("the customer asked for it"):
        Activity.objects.filter(contact_id=world.lisa.pk).delete()
    assert not Activity.objects.filter(contact_id=world.lisa.pk).exists()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Activity.objects.all().delete()


def test_a_refused_operation_leaves_no_trace(world: World) -> None:
    with pytest.raises(Forbidden):
        assign_ticket(world.ticket, world.john, by=world.sarah)
    assert world.trail() == []
