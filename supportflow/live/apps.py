from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "supportflow.live"
    label = "live"
