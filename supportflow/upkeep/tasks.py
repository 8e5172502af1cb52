from supportflow.accounts.models import User
from supportflow.jobs import task
from supportflow.upkeep.operations import act_on_all


@task(max_attempts=3)
def act_on_the_rest(where: str, act: str, kind: str, before: int, user_id: int) -> None:
    """The next rows of what an operator asked for all of; in the operator's name, with the rights of today."""
    act_on_all(where, act, kind, before, by=User.objects.get(pk=user_id))
