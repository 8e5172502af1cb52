from django import forms
from django.utils.translation import gettext_lazy as _

from supportflow.pages.forms import PageForm
from supportflow.tags.operations import DEFAULT_COLOR


class TagForm(PageForm):
    name = forms.CharField(label=_("Name"), help_text=_("Your own words, in lower case by habit. No comma."))
    color = forms.CharField(label=_("Colour"), initial=DEFAULT_COLOR, widget=forms.TextInput(attrs={"type": "color"}))
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
