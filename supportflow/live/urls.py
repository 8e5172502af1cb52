from django.urls import path

from supportflow.live.views import live

urlpatterns = [path("live", live, name="live")]
