from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from supportflow.accounts.middleware import ActingRequest
from supportflow.core.paging import COUNTED_UP_TO, bounded_count
from supportflow.crm.models import Contact
from supportflow.desk.models import Ticket
from supportflow.desk.operations import merge_tags
from supportflow.desk.settings_forms import TagMergeForm
from supportflow.tags.models import Tag


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merging(request: ActingRequest, pk: int) -> HttpResponse:
    """Into which other tag; how much wears this one stands beside."""
    request.actor.must("tag.delete")
    tag = get_object_or_404(Tag, pk=pk)
    form = TagMergeForm(request.POST if request.method == "POST" else None, tag=tag)
    if request.method == "POST" and form.is_valid():
        with form.told():
            merge_tags(tag, form.cleaned_data["into"], by=request.actor)
    if request.method == "POST" and form.is_valid():
        names = {"name": tag.name, "into": form.cleaned_data["into"].name}
        messages.success(request, _("%(name)s becomes %(into)s in a moment") % names)
        return redirect("tags")
    context = {
        "tag": tag,
        "form": form,
        "tickets": bounded_count(Ticket.objects.filter(tags=tag)),
        "contacts": bounded_count(Contact.objects.filter(tags=tag)),
        "most": COUNTED_UP_TO,
    }
    return render(request, "desk/tag_merging.html", context, status=422 if form.errors else 200)
