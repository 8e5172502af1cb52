import zoneinfo
from functools import cache
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from supportflow.accounts.tasks import mail_reset_link
from supportflow.pages.context import THEMES
from supportflow.pages.forms import PageForm


@cache  # it walks a folder of 600 files
def zones() -> list[tuple[str, str]]:
    """Every zone that a person would choose, by name."""
    names = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return [(name, name.replace("_", " ")) for name in ["UTC", *names]]


class ProfileForm(PageForm):
    name = forms.CharField(label=_("Name"), help_text=_("Customers see it on your answers."))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, help_text=_("All times are shown in it."))


class ResetForm(ResetPasswordForm):  # type: ignore[misc]  # allauth brings no types
    """Asks for the mail whether or not there is somebody to get it."""

    def save(self, request: HttpRequest, **_options: Any) -> str:
        email: str = self.cleaned_data["email"]
        mail_reset_link.enqueue(email)
        return email


class ThemeForm(PageForm):
    theme = forms.ChoiceField(choices=[(theme, theme) for theme in THEMES])
