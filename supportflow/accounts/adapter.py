"""How allauth fits into the desk: nobody signs up, passwords change through our operation, links use our address."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
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

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under the configured address: a forged Host header must not lead the secret elsewhere."""
        address: str = super().get_reset_password_from_key_url(key)
        return settings.BASE_URL + urlsplit(address).path

    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMultiAlternatives:
        """The one mail that sign-in sends. Short enough to stand here, and so to be translated with the rest."""
        if template_prefix != "account/email/password_reset_key":
            raise ValueError(f"sign-in is not set up to send {template_prefix}")
        body = _(
            "Somebody, probably you, asked for a new password for your SupportFlow account.\n\n"
            "Choose it here (the link works for %(hours)s hours and once):\n%(link)s\n\n"
            "If it was not you, do nothing: your password stays as it is."
        ) % {"link": context["password_reset_url"], "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
        to = [email] if isinstance(email, str) else email
        return EmailMultiAlternatives(str(_("Choose a new password")), body, settings.DEFAULT_FROM_EMAIL, to)
