"""SupportFlow: a helpdesk and a CRM in one."""

__version__ = "0.1.0"
