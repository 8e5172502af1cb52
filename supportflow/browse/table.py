"""One table of /data: its rows by keyset, newest first, and each row in full."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import ForeignObjectRel, Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from supportflow.browse.columns import Column, address, columns_of, light, without_masked
from supportflow.browse.masking import ABSENT
from supportflow.browse.places import page_of
from supportflow.core.errors import Invalid
from supportflow.core.filtering import Reader, is_id, refuse_unknown
from supportflow.core.paging import Page, page
from supportflow.core.replica import for_reading
from supportflow.pages import lists

LONGEST_VALUE = 1000  # characters that somebody may look for


class Rows(ChangeList):
    """Django's list, but paged by key: no COUNT(*), no OFFSET, nothing to sort by that has no index."""

    page: Page[Model]

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        given = super().get_filters_params(params)
        filled = {name: [value for value in values if value] for name, values in given.items() if name not in PLACE}
        return {name: values for name, values in filled.items() if values}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Model]) -> list[str | Combinable]:
        return []  # `page` brings the order

    def get_results(self, request: HttpRequest) -> None:
        at = lists.place(dict(request.GET.lists()), "-key")
        key = self.model._meta.pk.attname
        self.sort = at.sort
        self.page = page(self.queryset, sort=at.sort, allowed={"key": key}, limit=lists.PER_PAGE, cursor=at.cursor)
        self.result_list = self.page.items
        self.result_count = len(self.page.items)


PLACE = ("cursor", "sort")


class Table(ModelAdmin[Model]):
    actions = None
    change_list_template = "browse/rows.html"
    change_form_template = "browse/row.html"
    view_on_site = False
    show_full_result_count = False

    def __init__(self, model: type[Model], admin_site: AdminSite) -> None:
        super().__init__(model, admin_site)
        self.columns = columns_of(model)
        self.found_by = [column for column in self.columns if column.is_found]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return light(self._rows(), self.columns)

    def _rows(self) -> QuerySet[Model]:
        return self.model._base_manager.using(for_reading())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Rows

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Exact values that an index finds: no scan, and no guessing at masked columns letter by letter."""
        return any(column.name == lookup for column in self.found_by)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        refuse_unknown(request.GET, {*PLACE, *(column.name for column in self.found_by)})
        self._refuse_nonsense(request)
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as error:
            raise Invalid({"filter": _("No row can have this value. Look for another.")}) from error

    def _refuse_nonsense(self, request: HttpRequest) -> None:
        read = Reader(dict(request.GET.lists()))
        for column in self.found_by:
            values = [value for value in read.many(column.name) if value]
            if any(len(value) > LONGEST_VALUE for value in values):
                read.errors[column.name] = _("Look for at most %(most)s characters.") % {"most": LONGEST_VALUE}
            if column.is_number and not all(is_id(value) for value in values):
                read.errors[column.name] = _("Use an id.")
        read.done()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        given = {column.name: request.GET.get(column.name, "") for column in self.found_by}
        labels = {name: name for name, value in given.items() if value}
        chips = lists.chips(request, {name: [given[name]] for name in labels}, labels, {})
        told = {"columns": self.columns, "found_by": self.found_by, "given": given, "chips": chips}
        return super().changelist_view(request, {**told, "table": self.opts.db_table})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self._row(object_id)
        context = {
            "row": row,
            "opts": self.opts,
            "list_address": address(self.model),
            "cells": [(column.name, column.in_full(row)) for column in self.columns],
            "place": page_of(row),
            "beside": self._beside(row),
        }
        return TemplateResponse(request, self.change_form_template, context)

    def _row(self, pk: str) -> Model:
        column: Column = self.columns[0]
        if "\x00" in pk or len(pk) > LONGEST_VALUE or (column.is_number and not is_id(pk)):
            raise Http404
        try:
            row = without_masked(self._rows(), self.columns).filter(pk=pk).first()
        except (ValueError, ValidationError):
            row = None
        if row is None:
            raise Http404
        return row

    def _beside(self, row: Model) -> list[tuple[str, str]]:
        """(table and column, address): the rows of other tables that point here. They are not counted."""
        relations: list[Any] = [one for one in self.opts.get_fields(include_hidden=True) if _points_here(one)]
        return [(f"{one.related_model._meta.db_table}.{one.field.attname}", _list_of(one, row)) for one in relations]


def _points_here(relation: Any) -> bool:
    """A foreign key of a table that stands here, whose rows an index finds by it."""
    if not isinstance(relation, ForeignObjectRel) or not relation.field.concrete or relation.many_to_many:
        return False
    table: Any = relation.related_model
    is_found = any(column.is_found for column in columns_of(table) if column.field == relation.field)
    return is_found and table._meta.label not in ABSENT


def _list_of(relation: Any, row: Model) -> str:
    return f"{address(relation.related_model)}?{relation.field.attname}={row.pk}"
