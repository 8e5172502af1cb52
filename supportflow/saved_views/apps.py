from django.apps import AppConfig


class SavedViewsConfig(AppConfig):
    name = "supportflow.saved_views"
