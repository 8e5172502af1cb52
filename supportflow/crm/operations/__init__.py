"""Every change of companies and contacts."""

from supportflow.crm.operations.companies import (
    create_company,
    purge_company,
    restore_company,
    trash_company,
    update_company,
)
from supportflow.crm.operations.contacts import (
    contact_for_address,
    create_contact,
    purge_contact,
    restore_contact,
    tag_contact,
    trash_contact,
    update_contact,
)

__all__ = [
    "contact_for_address",
    "create_company",
    "create_contact",
    "purge_company",
    "purge_contact",
    "restore_company",
    "restore_contact",
    "tag_contact",
    "trash_company",
    "trash_contact",
    "update_company",
    "update_contact",
]
