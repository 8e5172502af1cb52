from django.urls import path

from supportflow.tags import views

urlpatterns = [
    path("settings/tags", views.tags, name="tags"),
    path("settings/tags/<int:pk>", views.tag, name="tag"),
    path("settings/tags/<int:pk>/deletion", views.tag_deletion, name="tag_deletion"),
]
