"""Every change of tickets, their conversations and mailboxes."""

from supportflow.desk.operations.bulk import (
    edit_tickets,
    merge_tickets,
    restore_tickets,
    snooze_tickets,
    trash_tickets,
    wake_tickets,
)
from supportflow.desk.operations.bulk_replies import hold_bulk_reply, take_back_bulk_reply
from supportflow.desk.operations.checklists import add_to_checklist, change_checklist_item, remove_from_checklist
from supportflow.desk.operations.conversation import (
    answer_ticket,
    note_delivery,
    note_on_ticket,
    reply_to_ticket,
)
from supportflow.desk.operations.creating import create_ticket
from supportflow.desk.operations.drafts import attach_to_draft, discard_draft, hold_reply, keep_draft, take_back
from supportflow.desk.operations.editing import (
    assign_ticket,
    change_requester,
    edit_ticket,
    move_ticket,
    set_further_contacts,
    tag_ticket,
    update_ticket,
)
from supportflow.desk.operations.leaving import dismiss_user, dissolve_team
from supportflow.desk.operations.linking import link_tickets, unlink_tickets
from supportflow.desk.operations.macros import apply_macro, create_macro, restore_macro, trash_macro, update_macro
from supportflow.desk.operations.mailboxes import create_mailbox, ensure_first_mailbox, update_mailbox
from supportflow.desk.operations.marks import follow_ticket, forget_ticket, see_ticket, star_ticket
from supportflow.desk.operations.merging import merge_ticket, unmerge_ticket
from supportflow.desk.operations.snoozing import snooze_ticket, wake_ticket
from supportflow.desk.operations.splitting import split_comment
from supportflow.desk.operations.status import set_status
from supportflow.desk.operations.tag_merging import merge_tags
from supportflow.desk.operations.timekeeping import log_time, remove_time
from supportflow.desk.operations.trash import purge_ticket, restore_ticket, trash_ticket

__all__ = [
    "add_to_checklist",
    "answer_ticket",
    "apply_macro",
    "assign_ticket",
    "attach_to_draft",
    "change_checklist_item",
    "change_requester",
    "create_macro",
    "create_mailbox",
    "create_ticket",
    "discard_draft",
    "dismiss_user",
    "dissolve_team",
    "edit_ticket",
    "edit_tickets",
    "ensure_first_mailbox",
    "follow_ticket",
    "forget_ticket",
    "hold_bulk_reply",
    "hold_reply",
    "keep_draft",
    "link_tickets",
    "log_time",
    "merge_tags",
    "merge_ticket",
    "merge_tickets",
    "move_ticket",
    "note_delivery",
    "note_on_ticket",
    "purge_ticket",
    "remove_from_checklist",
    "remove_time",
    "reply_to_ticket",
    "restore_macro",
    "restore_ticket",
    "restore_tickets",
    "see_ticket",
    "set_further_contacts",
    "set_status",
    "snooze_ticket",
    "snooze_tickets",
    "split_comment",
    "star_ticket",
    "tag_ticket",
    "take_back",
    "take_back_bulk_reply",
    "trash_macro",
    "trash_ticket",
    "trash_tickets",
    "unlink_tickets",
    "unmerge_ticket",
    "update_macro",
    "update_mailbox",
    "update_ticket",
    "wake_ticket",
    "wake_tickets",
]
