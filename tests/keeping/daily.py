"""Run as a program: what the worker does when the schedule says so."""

from supportflow.cli.group import set_django_up

if __name__ == "__main__":
    set_django_up()
    from supportflow.jobs import schedules
    from supportflow.keeping.tasks import back_up

    assert "keeping.back_up" in schedules._rhythms
    back_up.call()
