from django.urls import path

from supportflow.search import views

urlpatterns = [
    path("search", views.search, name="search"),
    path("search/suggestions", views.suggestions, name="search_suggestions"),
    path("search/tickets", views.ticket_options, name="ticket_options"),
    path("tickets/<str:number>/similar", views.similar, name="ticket_similar"),
]
