"""Users, teams, tokens and invitations change here and nowhere else."""

from supportflow.accounts.operations.invitations import (
    accept_invitation,
    invite_user,
    resend_invitation,
    withdraw_invitation,
)
from supportflow.accounts.operations.people import (
    ROLES,
    THEMES,
    create_user,
    deactivate_user,
    end_sessions,
    reactivate_user,
    set_password,
    update_user,
    user_or_invalid,
)
from supportflow.accounts.operations.pictures import set_picture
from supportflow.accounts.operations.teams import create_team, delete_team, edit_team, set_team_members, update_team
from supportflow.accounts.operations.tokens import create_token, note_token_use, revoke_token

__all__ = [
    "ROLES",
    "THEMES",
    "accept_invitation",
    "create_team",
    "create_token",
    "create_user",
    "deactivate_user",
    "delete_team",
    "edit_team",
    "end_sessions",
    "invite_user",
    "note_token_use",
    "reactivate_user",
    "resend_invitation",
    "revoke_token",
    "set_password",
    "set_picture",
    "set_team_members",
    "update_team",
    "update_user",
    "user_or_invalid",
    "withdraw_invitation",
]
