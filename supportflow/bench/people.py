"""Who measures: agents of the invented desk, who may work only while a bench runs."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from supportflow.accounts.models import User
from supportflow.accounts.operations import (
    create_token,
    create_user,
    deactivate_user,
    reactivate_user,
    revoke_token,
    set_password,
)
from supportflow.core.actors import System
from supportflow.loadgen.cast import DOMAIN

BY = System("bench")


@dataclass(frozen=True)
class Account:
    user: User
    email: str
    password: str
    token: str


@contextmanager
def signed_up(number: str = "") -> Iterator[Account]:
    email, password = f"bench{number}@{DOMAIN}", secrets.token_urlsafe(24)
    user = User.objects.filter(email=email).first() or create_user(email, f"Bench {number}".strip(), by=BY)
    user = set_password(reactivate_user(user, by=BY), password, by=BY)
    token, text = create_token(user, "bench", by=BY)
    try:
        yield Account(user, email, password, text)
    finally:
        revoke_token(token, by=BY)
        deactivate_user(user, by=BY)
