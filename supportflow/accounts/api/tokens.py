"""Who calls: a bearer token, and nothing else. Cookies mean nothing here, so there is no CSRF to guard against."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise
from ninja.security import HttpBearer

from supportflow.accounts.models import ApiToken, User
from supportflow.accounts.operations import note_token_use
from supportflow.accounts.permissions import Role
from supportflow.core.api.limits import Counter, Rate
from supportflow.core.api.problems import Problem
from supportflow.core.prepared import Prepared

FAILURES_A_MINUTE = 60  # from one address
_uses, _failures = Counter("token"), Counter("refused")
_by_digest = Prepared(lambda digest: ApiToken.objects.select_related("user").filter(digest=digest), str)


class ApiRequest(HttpRequest):
    """A request with a live token: `actor` is its user."""

    actor: User
    token_id: int
    rate: Rate


class BearerToken(HttpBearer):
    """`Authorization: Bearer sf_…`"""

    openapi_bearerFormat = "sf_…"  # noqa: N815  the name that OpenAPI gives it

    def __call__(self, request: HttpRequest) -> ApiToken:
        scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise _refusal(request, "token_missing", _("Send a token: Authorization: Bearer sf_…"), "")
        token = next(iter(_by_digest(ApiToken.digest_of(secret.strip()))), None)
        if token is None or not token.is_live or not token.user.is_active or token.user.role == Role.SYSTEM:
            detail = _("This token is not known, or it was revoked or has expired. Ask an administrator for a new one.")
            raise _refusal(request, "token_dead", detail, ', error="invalid_token"')
        # HttpRequest does not know these three; the routes are given an ApiRequest.
        request.rate = _uses.use(str(token.pk), settings.API_RATE)  # type: ignore[attr-defined]
        note_token_use(token)
        request.actor, request.token_id = token.user, token.pk  # type: ignore[attr-defined]
        return token

    def authenticate(self, request: HttpRequest, token: str) -> None:
        """Never called: the whole answer is in __call__."""
        raise NotImplementedError


def _refusal(request: HttpRequest, code: str, detail: StrOrPromise, why: str) -> Problem:
    _failures.use(_address(request), FAILURES_A_MINUTE)
    return Problem(401, code, detail, headers={"WWW-Authenticate": f'Bearer realm="SupportFlow"{why}'})


def _address(request: HttpRequest) -> str:
    """Where the request came from, as the outermost proxy of ours saw it; its own address otherwise."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    claimed = hops[-proxies] if 0 < proxies <= len(hops) else ""
    try:
        return str(ip_address(claimed))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))
