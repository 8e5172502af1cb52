from django.urls import path

from supportflow.browse.site import site

urlpatterns = [path("data", site.urls)]
