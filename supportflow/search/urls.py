from django.urls import path

from supportflow.search import views

urlpatterns = [
    path("search", views.search, name="search"),
    path("search/suggestions", views.suggestions, name="search_suggestions"),
]
