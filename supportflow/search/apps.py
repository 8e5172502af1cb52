from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "supportflow.search"

    def ready(self) -> None:
        from supportflow.desk import subjects
        from supportflow.search.subjects import tickets_with

        subjects.index = tickets_with
