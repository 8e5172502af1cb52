from django.urls import path

from supportflow.pages import views

urlpatterns = [path("theme", views.theme, name="theme")]
