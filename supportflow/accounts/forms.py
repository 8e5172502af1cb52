import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import Any

from allauth.account.forms import ResetPasswordForm
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from supportflow.accounts.images import MAX_BYTES
from supportflow.accounts.models import Team, User
from supportflow.accounts.operations.people import OWN, ROLES
from supportflow.accounts.permissions import Role
from supportflow.accounts.tasks import mail_reset_link
from supportflow.pages.context import THEMES
from supportflow.pages.forms import PageForm
from supportflow.pages.words import choices


@cache  # it walks a folder of 600 files
def zones() -> list[tuple[str, str]]:
    """Every zone that a person would choose, by name."""
    names = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return [(name, name.replace("_", " ")) for name in ["UTC", *names]]


KEEP = object()  # the picture that is there


class ProfileForm(PageForm):
    name = forms.CharField(label=_("Name"), help_text=_("Customers see it on your answers."))
    upload = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg", "data-picture": "256"}),
        help_text=_("PNG or JPEG. Where there is none, your initials stand."),
    )
    no_picture = forms.BooleanField(label=_("Remove the picture"), required=False)
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands under the replies that you mail to customers. Markdown works."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, help_text=_("All times are shown in it."))
    language = forms.ChoiceField(label=_("Language"), required=False)
    theme = forms.ChoiceField(
        label=_("Theme"), choices=[("system", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
    )
    density = forms.ChoiceField(
        label=_("Rows of lists"), choices=[("compact", _("Compact")), ("comfortable", _("Comfortable"))]
    )
    has_shortcuts = forms.BooleanField(
        label=_("Use shortcuts of a single key"), required=False, help_text=_("Ctrl ↵ always sends.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["language"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", now("As the browser asks")), *settings.LANGUAGES]

    def values(self) -> dict[str, Any]:
        """What update_user takes, of the fields that were sent; a box that is not ticked sends nothing."""
        sent = {name: value for name, value in self.cleaned_data.items() if name in self.data and name in OWN}
        return {**sent, "has_shortcuts": self.cleaned_data["has_shortcuts"]}

    def picture(self) -> Any:
        """Bytes, None for no picture any more, or KEEP. What is too large is not read."""
        upload = self.cleaned_data["upload"]
        if upload:
            return upload.read(MAX_BYTES + 1)
        return None if self.cleaned_data["no_picture"] else KEEP

    def _tell(self, problems: Mapping[str, StrOrPromise]) -> None:
        super()._tell({"upload" if name == "picture" else name: text for name, text in problems.items()})

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        return cls(initial={name: getattr(user, name) for name in OWN})


class InvitationForm(PageForm):
    email = forms.CharField(label=_("E-mail"), widget=forms.EmailInput)
    name = forms.CharField(label=_("Name"), required=False)
    role = forms.ChoiceField(label=_("Role"), choices=choices(ROLES), initial=Role.AGENT)


class UserForm(PageForm):
    name = forms.CharField(label=_("Name"))
    email = forms.CharField(label=_("E-mail"), widget=forms.EmailInput, help_text=_("To sign in, and for mails."))
    role = forms.ChoiceField(
        label=_("Role"),
        choices=choices(ROLES),
        help_text=_("Supervisors see private teams too. Administrators do all, settings and users included."),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def of(cls, user: User) -> "UserForm":
        return cls(initial={"name": user.name, "email": user.email, "role": user.role, "seen": user.version})


class JoiningForm(PageForm):
    name = forms.CharField(label=_("Your name"), help_text=_("Customers see it on your answers."))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters, and none that others use."),
    )


class _People(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name) if obj.is_active else f"{obj.name} · {now('Deactivated')}"


class TeamForm(PageForm):
    name = forms.CharField(label=_("Name"))
    is_private = forms.BooleanField(
        label=_("Private"),
        required=False,
        help_text=_("Only members, supervisors and administrators see its tickets."),
    )
    members = _People(
        User.objects.none(),
        label=_("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["members"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = User.objects.can_be_in(team).order_by("name", "pk")

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"name": data["name"], "is_private": data["is_private"], "members": list(data["members"])}

    @classmethod
    def of(cls, team: Team) -> "TeamForm":
        members = list(team.members.values_list("pk", flat=True))
        initial = {"name": team.name, "is_private": team.is_private, "members": members, "seen": team.version}
        return cls(team=team, initial=initial)


class ResetForm(ResetPasswordForm):  # type: ignore[misc]  # allauth brings no types
    """Asks for the mail whether or not there is somebody to get it."""

    def save(self, request: HttpRequest, **_options: Any) -> str:
        email: str = self.cleaned_data["email"]
        mail_reset_link.enqueue(email)
        return email


class ThemeForm(PageForm):
    theme = forms.ChoiceField(choices=[(theme, theme) for theme in THEMES])
