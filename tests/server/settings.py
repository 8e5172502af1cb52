"""The product's settings over a small site of its own, which the bridge is tested with."""

from supportflow.settings import *  # noqa: F403
from supportflow.settings import MIDDLEWARE as PRODUCT_MIDDLEWARE

ROOT_URLCONF = "tests.server.site"
MAX_REQUEST_BYTES = 31 * 1024 * 1024
# What needs the database, which these tests have not, and what makes the stylesheet, which nobody looks at.
LEFT_OUT = {"SessionMiddleware", "AuthenticationMiddleware", "ActingUser", "MessageMiddleware", "StaticFiles"}
MIDDLEWARE = [name for name in PRODUCT_MIDDLEWARE if name.split(".")[-1] not in LEFT_OUT]
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
