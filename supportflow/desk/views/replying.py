"""What somebody wrote on a ticket, together with the macro that was chosen for it."""

from django.utils.translation import gettext as _

from supportflow.accounts.models import User
from supportflow.core.errors import Refused
from supportflow.desk.content import Content
from supportflow.desk.forms import CommentForm
from supportflow.desk.macro_models import Macro, MacroKind
from supportflow.desk.models import Comment, Ticket
from supportflow.desk.operations import apply_macro
from supportflow.files.models import Attachment


def say_with_macro(ticket: Ticket, form: CommentForm, content: Content, files: list[Attachment], by: User) -> Comment:
    """The reply or note and those of the macro's changes that the form still names, in one act."""
    data = form.cleaned_data
    macro = Macro.objects.visible_to(by).alive().filter(pk=data["macro"]).first()
    if macro is None:
        raise Refused("macro_changed", _("This macro is gone. Your text is safe. Choose another one, or none."))
    is_note = data["kind"] == "note"
    applied = apply_macro(
        ticket,
        macro,
        content,
        kind=MacroKind.NOTE if is_note else MacroKind.REPLY,
        steps=form.steps(),
        version=data["macro_version"],
        then=None if is_note else data["then"] or None,
        attachments=files,
        cc=form.cc_addresses(),
        by=by,
    )
    assert applied.comment is not None
    return applied.comment
