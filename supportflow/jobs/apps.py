from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "supportflow.jobs"
    label = "jobs"
