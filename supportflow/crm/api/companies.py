from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from supportflow.accounts.api.tokens import ApiRequest
from supportflow.core.api import parameters
from supportflow.core.api.answers import gone, listed, made, params_of, shown, wanted_version
from supportflow.core.api.routing import Routes
from supportflow.core.api.schemas import RowId
from supportflow.core.errors import NotFound
from supportflow.crm.api.company_schemas import CompanyIn, CompanyOut, CompanyPage, CompanyPatch
from supportflow.crm.filters import COMPANY_SORTS, DEFAULT_SORT, CompanyFilter
from supportflow.crm.models import SIZES, Company
from supportflow.crm.operations import create_company, restore_company, trash_company, update_company
from supportflow.fields.queries import slugs_of

companies = Routes("Companies")


@companies.list(
    "",
    CompanyPage,
    op="companies_list",
    summary="List companies",
    params=[
        *parameters.listing(COMPANY_SORTS, DEFAULT_SORT),
        parameters.q("Words of the name, or an exact domain."),
        parameters.ids("owner", "User id, `me` or `none`.", "me", "none"),
        parameters.names("industry", 80, "Industry, exactly.", "SaaS"),
        parameters.one_of("size", SIZES, "Number of people."),
        parameters.moment("created_after", "Made after this time."),
        parameters.moment("created_before", "Made before this time."),
        parameters.moment("updated_after", "Changed after this time."),
        parameters.flag("trash", "true: what lies in the trash, instead of what does not."),
    ],
)
def list_companies(request: ApiRequest) -> HttpResponse:
    wanted = CompanyFilter.from_params(params_of(request))
    rows = wanted.apply(Company.objects.visible_to(request.actor), request.actor)
    return listed(request, _whole(rows), sorts=COMPANY_SORTS, default=DEFAULT_SORT, shape=_all)


@companies.post("", CompanyOut, op="company_create", summary="Create a company")
def post_company(request: ApiRequest, data: CompanyIn) -> HttpResponse:
    company = _again(create_company(by=request.actor, **data.given()))
    return made(_one(company), f"/api/companies/{company.pk}", company.version)


@companies.get("/{id}", CompanyOut, op="company_get", summary="Get a company", versioned=True)
def get_company(request: ApiRequest, id: RowId) -> HttpResponse:
    company = _company(request, id)
    return shown(request, _one(company), company.version)


@companies.put("/{id}", CompanyOut, op="company_replace", summary="Replace a company")
def put_company(request: ApiRequest, id: RowId, data: CompanyIn) -> HttpResponse:
    """What is left out goes back to its default: texts become empty, the owner null, all domains are taken off."""
    return _updated(request, _company(request, id), data.whole())


@companies.patch("/{id}", CompanyOut, op="company_change", summary="Change a company")
def patch_company(request: ApiRequest, id: RowId, data: CompanyPatch) -> HttpResponse:
    """What is left out stays. `domains` are replaced as a whole, `custom` key by key."""
    company = _company(request, id)
    values = data.given()
    if "custom" in values:
        values["custom"] = {**company.custom, **values["custom"]}
    return _updated(request, company, values, merged="custom" in values)


@companies.delete("/{id}", op="company_trash", summary="Move a company to the trash")
def delete_company(request: ApiRequest, id: RowId) -> HttpResponse:
    """Its contacts and tickets keep it; it can be restored for 30 days."""
    company = _company(request, id)
    trash_company(company, version=wanted_version(request, company), by=request.actor)
    return gone()


@companies.post(
    "/{id}/restoration", CompanyOut, op="company_restore", summary="Restore a company from the trash", status=200
)
def post_restoration(request: ApiRequest, id: RowId) -> HttpResponse:
    company = _again(restore_company(_company(request, id), by=request.actor))
    return shown(request, _one(company), company.version)


def _updated(request: ApiRequest, company: Company, values: dict[str, Any], *, merged: bool = False) -> HttpResponse:
    version = wanted_version(request, company)
    if merged:
        version = company.version  # what was read is what may be written over
    company = _again(update_company(company, version=version, by=request.actor, **values))
    return shown(request, _one(company), company.version)


def _company(request: ApiRequest, pk: int) -> Company:
    company = _whole(Company.objects.visible_to(request.actor)).filter(pk=pk).first()
    if company is None:
        raise NotFound
    return company


def _again(company: Company) -> Company:
    return _whole(Company.objects.all()).get(pk=company.pk)


def _whole(rows: QuerySet[Company]) -> QuerySet[Company]:
    return rows.select_related("owner").prefetch_related("domains")


def _one(company: Company) -> CompanyOut:
    return CompanyOut.of(company, slugs_of("company"))


def _all(rows: Sequence[Company]) -> list[CompanyOut]:
    slugs = slugs_of("company")
    return [CompanyOut.of(company, slugs) for company in rows]
