from typing import Any

from django.http import HttpResponse

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api.schemas import RowId
from supportflow.core.errors import NotFound
from supportflow.desk.api.comments import comments
from supportflow.desk.queries import readable_comments
from supportflow.mail.queries import mail_of
from supportflow.mail.source import as_file

_MAIL: dict[str, Any] = {
    "responses": {
        200: {
            "description": "The mail as it came, always as a download.",
            "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@comments.get("/{id}/mail", None, op="comment_mail", summary="Download the mail that a comment came as", extra=_MAIL)
def get_mail(request: ApiRequest, id: RowId) -> HttpResponse:
    comment = readable_comments(request.actor).filter(pk=id).first()
    mail = mail_of(comment) if comment else None
    if mail is None:
        raise NotFound
    return as_file(bytes(mail.raw.content), f"comment-{id}.eml")
