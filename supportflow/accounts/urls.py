"""Sign-in by allauth's views, under our own addresses; nothing else of allauth can be reached. A person's settings."""

from allauth.account import views
from django.urls import path, re_path

from supportflow.accounts.views import joining, teams, users
from supportflow.accounts.views.profile import density, keyboard, picture, profile, theme

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
    path("keyboard", keyboard, name="keyboard"),
    path("users/<int:pk>/picture/<str:name>", picture, name="user_picture"),
    path("invitation/<str:key>", joining.invitation, name="invitation"),
    path("settings/users", users.users, name="users"),
    path("settings/users/<int:pk>", users.user, name="user"),
    path("settings/users/<int:pk>/return", users.back, name="user_return"),
    path("settings/invitations/<int:pk>", users.invitation, name="invitation_kept"),
    path("settings/teams", teams.teams, name="teams"),
    path("settings/teams/<int:pk>", teams.team, name="team"),
]
