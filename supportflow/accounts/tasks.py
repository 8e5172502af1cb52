"""Mails with a link to a password. The worker writes them: a page takes no longer for an address that we know."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from supportflow.accounts.models import Invitation, User
from supportflow.accounts.operations.invitations import VALID_FOR, token_of
from supportflow.jobs import task


@task(max_attempts=5)
def mail_reset_link(email: str) -> None:
    for user in User.objects.at_work().filter(email__iexact=email):
        with translation.override(user.language or settings.LANGUAGE_CODE):
            send_mail(_("Choose a new password"), _body(user), settings.DEFAULT_FROM_EMAIL, [user.email])


def _body(user: User) -> str:
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    text = _(
        "Somebody, probably you, asked for a new password for your SupportFlow account.\n\n"
        "Choose it here (the link works for %(hours)s hours and once):\n%(link)s\n\n"
        "If it was not you, do nothing: your password stays as it is."
    )
    # Under the configured address: a forged Host header must not lead the secret elsewhere.
    link = settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=key)
    return text % {"link": link, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}


@task(max_attempts=5)
def mail_invitation(invitation_id: int) -> None:
    """Quiet when the invitation is over by now."""
    row = Invitation.objects.open().filter(pk=invitation_id).first()
    if row is not None:
        send_mail(_("Your invitation to SupportFlow"), _invitation(row), settings.DEFAULT_FROM_EMAIL, [row.email])


def _invitation(row: Invitation) -> str:
    text = _(
        "%(who)s invites you to work in SupportFlow.\n\n"
        "Choose your password here (the link works for %(days)s days and once):\n%(link)s\n\n"
        "If you do not know what this is about, do nothing."
    )
    link = settings.BASE_URL + reverse("invitation", args=[token_of(row)])
    return text % {"who": row.invited_by_name, "link": link, "days": VALID_FOR.days}
