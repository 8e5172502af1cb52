"""What every page shares: the Jinja environment, static files, security headers, times, error pages.

A thin layer beside core: it knows no app, and apps reach it through settings and templates. It needs these settings:

    INSTALLED_APPS  "django.contrib.staticfiles", "django.contrib.messages", "django_htmx"
    MIDDLEWARE      "django.middleware.security.SecurityMiddleware",
                    "supportflow.pages.assets.StaticFiles",        # second: static files need nothing below
                    "supportflow.pages.headers.SecurityHeaders",
                    …sessions, csrf, auth, messages…,
                    "supportflow.pages.times.ReaderTimeZone",      # below auth: reads request.user.time_zone
                    "django_htmx.middleware.HtmxMiddleware",
    TEMPLATES = [
        {
            "BACKEND": "django.template.backends.jinja2.Jinja2",
            "DIRS": [PACKAGE / "templates"],
            "OPTIONS": {
                "environment": "supportflow.pages.jinja.environment",
                "context_processors": [
                    "django.contrib.messages.context_processors.messages",
                    "supportflow.pages.context.page",
                ],
            },
        },
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, …for allauth and admin…},
    ]
    STATIC_URL = "/static/"
    STATIC_ROOT = DATA / "static"                    # made by itself at the first start, see assets.collect
    STATICFILES_DIRS = [PACKAGE / "static"]
    STORAGES["staticfiles"] = {"BACKEND": "supportflow.pages.assets.Assets"}
    CSRF_FAILURE_VIEW = "supportflow.pages.errors.csrf_failure"
    DATA_UPLOAD_MAX_MEMORY_SIZE, FILE_UPLOAD_… as the files app wishes

and in the root urls.py:

    from supportflow.pages.errors import bad_request, not_found, permission_denied, server_error
    handler400, handler403, handler404, handler500 = bad_request, permission_denied, not_found, server_error
    path("", include("supportflow.pages.urls"))      # POST /theme

`supportflow prepare` may call `supportflow.pages.assets.collect()`; if it does not, the first web process does.
"""
