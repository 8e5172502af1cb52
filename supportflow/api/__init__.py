"""The REST API under /api/: which routers, who may call, what every answer has in common."""

import functools
from typing import Any

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from supportflow import __version__
from supportflow.accounts.api.invitations import invitations
from supportflow.accounts.api.pictures import me
from supportflow.accounts.api.tokens import BearerToken
from supportflow.api.openapi import complete
from supportflow.core.api.parsing import JsonParser
from supportflow.core.api.problems import problem_answer
from supportflow.crm.api.companies import companies
from supportflow.crm.api.contacts import contacts
from supportflow.desk.api import relations  # noqa: F401  more routes of tickets and comments
from supportflow.desk.api.activities import activities
from supportflow.desk.api.attachments import attachments
from supportflow.desk.api.bulk_replies import bulk_replies
from supportflow.desk.api.comments import comments
from supportflow.desk.api.drafts import drafts
from supportflow.desk.api.leaving import tags, teams, users
from supportflow.desk.api.macros import macros
from supportflow.desk.api.tickets import tickets
from supportflow.desk.api.views import views
from supportflow.fields.api import fields
from supportflow.mail import api as mail_api  # noqa: F401  the mail of a comment
from supportflow.notifications.api import notifications
from supportflow.search.api import search


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> Any:
        """OpenAPI 3.1, with the errors that every route may answer."""
        return complete(super().get_openapi_schema(**options))


api = Api(
    title="SupportFlow",
    version=__version__,
    description="Tickets, contacts and companies. The guide is docs/api.md; every error is application/problem+json.",
    auth=BearerToken(),
    parser=JsonParser(),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
for kind in (Exception, Http404, HttpError, ValidationError):  # ninja has handlers of its own for the last three
    api.add_exception_handler(kind, problem_answer)  # type: ignore[arg-type]  # it is called with instances alone

for prefix, routes in (
    ("/tickets", tickets),
    ("/comments", comments),
    ("/contacts", contacts),
    ("/companies", companies),
    ("/tags", tags),
    ("/fields", fields),
    ("/drafts", drafts),
    ("/bulk-replies", bulk_replies),
    ("/macros", macros),
    ("/views", views),
    ("/attachments", attachments),
    ("/activities", activities),
    ("/search", search),
    ("/users", users),
    ("/invitations", invitations),
    ("/teams", teams),
    ("/me", me),
    ("/notifications", notifications),
):
    api.add_router(prefix, routes.router)


@functools.cache
def schema() -> dict[str, Any]:
    """The OpenAPI document; making it takes half a second, so it is made once, when somebody asks."""
    found: dict[str, Any] = api.get_openapi_schema(path_prefix="/api/")
    return found
