from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "supportflow.search"

    def ready(self) -> None:
        from supportflow.desk import conversations, subjects
        from supportflow.search.conversations import tickets_saying
        from supportflow.search.subjects import tickets_with

        conversations.index = tickets_saying
        subjects.index = tickets_with
