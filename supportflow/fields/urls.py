from django.urls import path

from supportflow.fields import views

urlpatterns = [
    path("settings/fields", views.fields, name="fields"),
    path("settings/fields/<int:pk>", views.field, name="field"),
    path("settings/fields/<int:pk>/retirement", views.retirement, name="field_retirement"),
]
