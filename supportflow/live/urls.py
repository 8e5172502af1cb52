from django.urls import path

from supportflow.live.views import here, live

urlpatterns = [
    path("live", live, name="live"),
    path("tickets/<str:number>/here", here, name="ticket_here"),
]
