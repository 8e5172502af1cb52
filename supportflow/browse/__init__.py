"""Every table as it is, for administrators: Django's admin with everything taken out that could write."""
