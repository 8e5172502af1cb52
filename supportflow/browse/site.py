"""Django's admin at /data, for reading alone.

`django.contrib.admin` is not among the installed apps: that brings its table of changes, its templates, styles and
scripts. Nothing here writes, and the pages are our own templates in the shell of all pages.
"""

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from supportflow.browse.columns import address
from supportflow.browse.masking import ABSENT
from supportflow.browse.table import Table
from supportflow.core.errors import Forbidden
from supportflow.core.paging import bounded_count

READING = ("GET", "HEAD")
View = Callable[..., HttpResponseBase]


class DataSite(AdminSite):
    index_title = _("Data")
    index_template = "browse/tables.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.may("data.view")

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override]
        """Our own sign-in, our own refusal, and no way to send anything."""

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise Forbidden("data.view")
            if request.method not in READING:
                return HttpResponseNotAllowed(READING)
            return view(request, *args, **kwargs)

        return update_wrapper(inner, view)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """These are all: no sign-in, no password, no history, no autocompletion, no adding, changing or deleting."""
        return [
            path("", self.admin_view(self.index), name="index"),
            path("/", RedirectView.as_view(url="/data")),
            path("/<slug:app>/<slug:model>", self.admin_view(self.rows), name="rows"),
            path("/<slug:app>/<slug:model>/<path:pk>", self.admin_view(self.row), name="row"),
        ]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return TemplateResponse(request, self.index_template, {"apps": self.tables(request)})

    def rows(self, request: HttpRequest, app: str, model: str) -> HttpResponseBase:
        return self._table(app, model).changelist_view(request)

    def row(self, request: HttpRequest, app: str, model: str, pk: str) -> HttpResponseBase:
        return self._table(app, model).change_view(request, pk)

    def tables(self, request: HttpRequest) -> list[tuple[str, list[dict[str, Any]]]]:
        """(name of the app, its tables), with as many rows as can be counted at no cost."""
        found: dict[str, list[dict[str, Any]]] = {}
        for model, table in self._registry.items():
            told = {
                "name": model._meta.verbose_name,
                "table": model._meta.db_table,
                "address": address(model),
                "count": bounded_count(table.get_queryset(request)),
            }
            found.setdefault(str(apps.get_app_config(model._meta.app_label).verbose_name), []).append(told)
        return [(app, sorted(tables, key=lambda table: table["table"])) for app, tables in sorted(found.items())]

    def _table(self, app: str, model: str) -> Table:
        for known, table in self._registry.items():
            if (known._meta.app_label, known._meta.model_name) == (app, model):
                assert isinstance(table, Table)
                return table
        raise Http404


def all_models() -> Iterable[type[Model]]:
    """Every table that a model stands for, those between two tables too; not those that the database itself fills."""
    return (
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    )


site = DataSite(name="data")
site.register([model for model in all_models() if model._meta.label not in ABSENT], Table)
