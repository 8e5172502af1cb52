"""GET /metrics, for Prometheus: this web server's own figures, and how the whole installation stands."""

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from supportflow import traffic
from supportflow.accounts.models import ApiToken
from supportflow.accounts.permissions import Role
from supportflow.gauges import gauges
from supportflow.live.hub import hub

TEXT = "text/plain; version=0.0.4; charset=utf-8"
ADDED_BY_PROXIES = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """200 for who may know, 401 for others. Costs some twenty small queries at most, each five seconds at most."""
    if not may_read(request):
        refusal = HttpResponse("Send the token of SUPPORTFLOW_METRICS_TOKEN, or an administrator's.\n", status=401)
        refusal["WWW-Authenticate"] = 'Bearer realm="SupportFlow"'
        refusal["Content-Type"] = "text/plain; charset=utf-8"
        return refusal
    traffic.streams.set(hub.open_streams())
    return HttpResponse(generate_latest(Figures()), content_type=TEXT)


class Figures(CollectorRegistry):
    """What is told at one scrape."""

    def __init__(self) -> None:
        super().__init__(auto_describe=False)

    def collect(self) -> list[Metric]:
        return [*traffic.board.read(), *gauges()]


def may_read(request: HttpRequest) -> bool:
    """With the token that is set for it or an administrator's API token; else from this machine, past no proxy."""
    scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return knows_token(secret.strip())
    return not settings.METRICS_TOKEN and is_local(request)


def knows_token(secret: str) -> bool:
    if settings.METRICS_TOKEN and hmac.compare_digest(secret.encode(), settings.METRICS_TOKEN.encode()):
        return True
    token = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(secret)).first()
    return token is not None and token.is_live and token.user.is_active and token.user.role == Role.ADMIN


def is_local(request: HttpRequest) -> bool:
    if any(name in request.headers for name in ADDED_BY_PROXIES):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
