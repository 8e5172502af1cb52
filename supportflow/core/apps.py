from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from supportflow.core.statements import watch_connections


class CoreConfig(AppConfig):
    name = "supportflow.core"

    def ready(self) -> None:
        # Whoever records an activity must know who reacts to it.
        autodiscover_modules("reactions")
        watch_connections()
