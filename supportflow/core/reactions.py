"""What follows from an Activity. Registered by the `reactions` modules of the apps, run by the worker."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import IntegrityError, transaction

from supportflow.core.door import because_of
from supportflow.core.models import Activity, Receipt

Reaction = Callable[[Activity], None]
_reactions: dict[str, list[tuple[str, Reaction]]] = defaultdict(list)


def reaction(*actions: str) -> Callable[[Reaction], Reaction]:
    """Run the function once for each Activity with one of these actions, in a transaction with its receipt."""

    def register(function: Reaction) -> Reaction:
        name = f"{function.__module__.removeprefix('supportflow.')}.{function.__name__}"
        for action in actions:
            _reactions[action].append((name, function))
        return function

    return register


def anyone_reacts_to(actions: Iterable[str]) -> bool:
    return any(action in _reactions for action in actions)


def names_of_reactions(action: str) -> list[str]:
    """As they stand in the receipts, in the order in which they run."""
    return [name for name, _function in _reactions.get(action, ())]


def run_reactions(batch_id: UUID) -> None:
    """Each reaction that is still owed to the batch, in order. A failing one does not stop the next.

    Raises ExceptionGroup with what failed; the receipts keep the rest from happening again on the retry.
    """
    failures: list[Exception] = []
    for activity in Activity.objects.filter(batch_id=batch_id).order_by("id"):
        for name, function in _reactions.get(activity.action, ()):
            try:
                _run_once(name, function, activity)
            except Exception as error:  # noqa: BLE001  the retry and the operators' page show it
                failures.append(error)
    if failures:
        raise ExceptionGroup(f"reactions to batch {batch_id}", failures)


def _run_once(name: str, function: Reaction, activity: Activity) -> None:
    if Receipt.objects.filter(activity_id=activity.pk, reaction=name).exists():
        return
    with transaction.atomic(), because_of(activity):
        try:
            with transaction.atomic():
                # Two workers on one batch: the second waits here until the first commits, then is refused.
                Receipt(activity_id=activity.pk, reaction=name).save(force_insert=True)
        except IntegrityError:
            return
        function(activity)


def waive_reactions(activities: Iterable[Activity]) -> None:
    """Write the receipts without the effects: for a past that is only told (demo data, imports)."""
    Receipt.objects.bulk_create(
        (
            Receipt(activity_id=activity.pk, reaction=name)
            for activity in activities
            for name, _function in _reactions.get(activity.action, ())
        ),
        ignore_conflicts=True,
        batch_size=500,
    )
