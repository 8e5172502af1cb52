from collections.abc import Callable

from django.test import Client

from supportflow.accounts.models import User
from supportflow.browse.site import site
from tests.conftest import World

SignIn = Callable[[User], Client]


def test_every_table_opens(world: World, sign_in: SignIn) -> None:
    olivia = sign_in(world.olivia)
    assert olivia.get("/data").status_code == 200
    for model in site._registry:
        path = f"/data/{model._meta.app_label}/{model._meta.model_name}"
        assert olivia.get(path).status_code == 200, path
        row = model._base_manager.order_by("pk").first()
        if row is not None:
            assert olivia.get(f"{path}/{row.pk}").status_code == 200, path
