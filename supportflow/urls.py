from django.urls import include, path
from django.views.generic import RedirectView

from supportflow.api.errors import told_to_programs
from supportflow.health import healthz, readyz
from supportflow.metrics import metrics
from supportflow.pages.errors import bad_request, not_found, permission_denied, server_error, too_many_requests

handler400, handler500 = told_to_programs(bad_request), told_to_programs(server_error)
handler403, handler404 = permission_denied, not_found
handler429 = too_many_requests  # allauth's: too many sign-ins

urlpatterns = [
    path("", RedirectView.as_view(url="/tickets"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/", include("supportflow.api.urls")),
    path("", include("supportflow.accounts.urls")),
    path("", include("supportflow.fields.urls")),
    path("", include("supportflow.tags.urls")),
    path("", include("supportflow.crm.urls")),
    path("", include("supportflow.desk.urls")),
    path("", include("supportflow.mail.urls")),
    path("", include("supportflow.notifications.urls")),
    path("", include("supportflow.search.urls")),
    path("", include("supportflow.live.urls")),
    path("", include("supportflow.upkeep.urls")),
    path("", include("supportflow.browse.urls")),
]
