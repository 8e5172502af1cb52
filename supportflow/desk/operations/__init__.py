"""Every change of tickets, their conversations and mailboxes."""

from supportflow.desk.operations.bulk import edit_tickets, restore_tickets, trash_tickets
from supportflow.desk.operations.conversation import (
    answer_ticket,
    note_delivery,
    note_on_ticket,
    reply_to_ticket,
)
from supportflow.desk.operations.creating import create_ticket
from supportflow.desk.operations.editing import (
    assign_ticket,
    change_requester,
    edit_ticket,
    move_ticket,
    set_further_contacts,
    tag_ticket,
    update_ticket,
)
from supportflow.desk.operations.macros import apply_macro, create_macro, restore_macro, trash_macro, update_macro
from supportflow.desk.operations.mailboxes import create_mailbox, ensure_first_mailbox, update_mailbox
from supportflow.desk.operations.marks import follow_ticket, forget_ticket, see_ticket, star_ticket
from supportflow.desk.operations.status import set_status
from supportflow.desk.operations.trash import purge_ticket, restore_ticket, trash_ticket

__all__ = [
    "answer_ticket",
    "apply_macro",
    "assign_ticket",
    "change_requester",
    "create_macro",
    "create_mailbox",
    "create_ticket",
    "edit_ticket",
    "edit_tickets",
    "ensure_first_mailbox",
    "follow_ticket",
    "forget_ticket",
    "move_ticket",
    "note_delivery",
    "note_on_ticket",
    "purge_ticket",
    "reply_to_ticket",
    "restore_macro",
    "restore_ticket",
    "restore_tickets",
    "see_ticket",
    "set_further_contacts",
    "set_status",
    "star_ticket",
    "tag_ticket",
    "trash_macro",
    "trash_ticket",
    "trash_tickets",
    "update_macro",
    "update_mailbox",
    "update_ticket",
]
