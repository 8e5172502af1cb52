from collections.abc import Callable

from django.test import Client

from supportflow.accounts.models import User
from tests.conftest import World

SignIn = Callable[[User], Client]


def test_all_is_well(world: World, sign_in: SignIn) -> None:
    olivia = sign_in(world.olivia)
    for where in ("", "/mails", "/jobs", "/reactions", "/outgoing"):
        assert olivia.get(f"/settings/operations{where}").status_code == 200
