"""What becomes of that which was somebody's or something's, when it goes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from supportflow.accounts.models import Team, User
from supportflow.pages.forms import PageForm
from supportflow.tags.models import Tag


class DepartureForm(PageForm):
    successor = forms.ModelChoiceField(
        User.objects.none(), label=_("Their open tickets go to"), required=False, empty_label=_("No one")
    )

    def __init__(self, *args: Any, leaving: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["successor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.at_work().exclude(pk=leaving.pk).order_by("name", "pk")


class TeamEndForm(PageForm):
    successor = forms.ModelChoiceField(
        Team.objects.none(), label=_("What it has goes to"), required=False, empty_label=_("No team")
    )

    def __init__(self, *args: Any, ending: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["successor"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Team.objects.exclude(pk=ending.pk).order_by("name", "pk")


class TagMergeForm(PageForm):
    into = forms.ModelChoiceField(Tag.objects.none(), label=_("Merge into"), empty_label=_("Choose a tag"))

    def __init__(self, *args: Any, tag: Tag, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["into"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Tag.objects.exclude(pk=tag.pk).order_by("key")
