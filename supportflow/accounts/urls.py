"""Sign-in by allauth's views, under our own addresses; nothing else of allauth can be reached. A person's settings."""

from allauth.account import views
from django.urls import path, re_path

from supportflow.accounts.views import density, profile, theme

urlpatterns = [
    path("login", views.login, name="account_login"),
    path("logout", views.logout, name="account_logout"),
    path("password/reset", views.password_reset, name="account_reset_password"),
    path("password/reset/done", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,13})-(?P<key>[^/]{1,100})$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("inactive", views.account_inactive, name="account_inactive"),
    path("profile", profile, name="profile"),
    path("theme", theme, name="theme"),
    path("density", density, name="density"),
]
