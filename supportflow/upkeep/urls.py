from django.urls import path

from supportflow.upkeep import views

urlpatterns = [
    path("settings/operations", views.overview, name="upkeep"),
    path("settings/operations/account", views.account, name="upkeep_account"),
    path("settings/operations/mails/<int:pk>", views.mail, name="upkeep_mail"),
    path("settings/operations/mails/<int:pk>/raw", views.raw_mail, name="upkeep_raw_mail"),
    path("settings/operations/jobs/<int:pk>", views.job, name="upkeep_job"),
    path("settings/operations/<slug:where>", views.rows, name="upkeep_rows"),
    path("settings/operations/<slug:where>/<slug:act>", views.acts, name="upkeep_acts"),
]
