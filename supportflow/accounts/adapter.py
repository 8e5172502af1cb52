"""How allauth fits into the desk: nobody signs up, passwords change through our operation."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from supportflow.accounts.models import User
from supportflow.accounts.operations import set_password


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth brings no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("That e-mail and password do not match."),
        "too_many_login_attempts": _("Too many attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited by an administrator."""
        return False

    def set_password(self, user: User, password: str) -> None:
        changed = set_password(user, password, by=user)
        user.password = changed.password
