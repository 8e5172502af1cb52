"""Every `code` that an error may carry. A code never changes its meaning."""

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

CODES: dict[str, tuple[int, StrPromise]] = {
    "malformed": (400, _("The body or a header cannot be read; the detail says where.")),
    "token_missing": (401, _("Send Authorization: Bearer sf_….")),
    "token_dead": (401, _("The token is not known, or it was revoked or has expired, or its user was deactivated.")),
    "forbidden": (403, _("The role of the token's user does not allow this.")),
    "not_found": (404, _("Not there, or not visible to the token's user.")),
    "method_not_allowed": (405, _("The address takes other methods; Allow names them.")),
    "status_move": (409, _("The status cannot go from where it is to there; the detail names where it can.")),
    "in_trash": (409, _("It lies in the trash. Restore it first.")),
    "not_in_trash": (409, _("Only what lies in the trash is deleted for ever.")),
    "ticket_closed": (409, _("A closed ticket is not assigned. Reopen it first.")),
    "assignee_outside_team": (409, _("The user is not in the ticket's private team.")),
    "assignee_not_at_work": (409, _("The user is deactivated.")),
    "macro_inactive": (409, _("The macro is switched off.")),
    "macro_changed": (409, _("The macro changed after it was read. Read it again.")),
    "company_has_tickets": (409, _("The company has tickets and stays with them.")),
    "file_taken": (409, _("A comment holds this file already.")),
    "not_undoable": (409, _("This kind of change cannot be taken back.")),
    "undo_too_late": (409, _("Five minutes are over. Change it by hand.")),
    "changed_since": (409, _("It changed again since. Change it by hand.")),
    "not_quarantined": (409, _("The mail is not in quarantine, or somebody has seen to it already.")),
    "collision": (409, _("Somebody saved the same at this moment. Look again, then retry.")),
    "idempotency_key_reused": (409, _("The Idempotency-Key was used for another request.")),
    "stale": (412, _("The item has another version than If-Match names. Read it again.")),
    "timeout": (408, _("The rest of the body never came.")),
    "too_large": (413, _("More than 4 MB of JSON, or a file over 25 MB.")),
    "media_type": (415, _("Send application/json, or multipart/form-data where a file goes up.")),
    "invalid": (422, _("Fields or parameters are invalid or unknown; errors names each.")),
    "too_many_requests": (429, _("The minute's requests are used up. Wait for Retry-After seconds.")),
    "busy": (503, _("Too many uploads at once. Try again in a moment.")),
    "storage_down": (503, _("The files cannot be reached right now; nothing was changed. Try again in a moment.")),
    "disk_full": (507, _("The server's disk is full, so nothing was kept.")),
    "failed": (500, _("Our fault. It has been noted; try again.")),
}
