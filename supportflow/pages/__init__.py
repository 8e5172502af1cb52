"""What every page shares: the Jinja environment, static files, security headers, times, error pages.

A thin layer beside core: it knows no app; apps reach it through settings and templates. It needs these settings:

    MIDDLEWARE      "supportflow.pages.csp.ContentSecurityPolicy",
                    "supportflow.pages.assets.StaticFiles",    # instead of WhiteNoise's own: brings STATIC_ROOT up to
                                                               # date first, so that no start needs collectstatic
                    and, below sign-in, something that activates the reader's time zone
    TEMPLATES       Jinja2 with "supportflow.pages.jinja.environment" and the context processors
                    "django.contrib.messages.context_processors.messages" and "supportflow.pages.context.shell"
    STORAGES        staticfiles: "supportflow.pages.assets.Storage"; STATIC_ROOT in the data folder
    CSRF_FAILURE_VIEW = "supportflow.pages.errors.csrf_failure"

and in the root urls.py:

    path("", include("supportflow.pages.urls")),               # POST /theme
    from supportflow.pages.errors import bad_request, not_found, permission_denied, server_error
    handler400, handler403, handler404, handler500 = bad_request, permission_denied, not_found, server_error
"""
