"""The only writer of the index. What it writes follows from rows of others, so there is nothing to record of it."""

from collections.abc import Iterable, Sequence

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef

from supportflow.search.documents import MODELS, documents_of, next_pks
from supportflow.search.models import Document, Kind, Progress, Word, key_of
from supportflow.search.vocabulary import vocabulary_of

AT_ONCE = 200  # rows that are locked, read and compared in one transaction
_COMPARED = ("ticket_id", "is_internal", "written_at", "title", "body")


@transaction.atomic
def index(kind: Kind, pks: Iterable[int]) -> int:
    """Make the documents of these rows what they should be; returns how many were not.

    The rows are locked first: who reads an older state writes it before whoever changes it now reads the newer one.
    """
    wanted = sorted(set(pks))
    list(MODELS[kind]._base_manager.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk"))
    kept = Document.objects.filter(pk__in=[key_of(kind, pk) for pk in wanted])
    missing, stray = differences(documents_of(kind, wanted), kept)
    write(missing)
    Document.objects.filter(pk__in=stray).delete()
    return len(missing) + len(stray)


def differences(right: Sequence[Document], kept: Iterable[Document]) -> tuple[list[Document], list[int]]:
    """The documents that are missing or not as they should be, and the keys of those that should not be there."""
    found = {document.pk: document for document in kept}
    wrong = [document for document in right if not _is_same(document, found.pop(document.pk, None))]
    return wrong, sorted(found)


def _is_same(one: Document, other: Document | None) -> bool:
    return other is not None and all(getattr(one, name) == getattr(other, name) for name in _COMPARED)


def write(documents: Sequence[Document]) -> None:
    """With the words that they bring."""
    Document.objects.bulk_create(
        documents,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["kind", "object_id", *_COMPARED],
        batch_size=500,
    )
    # In one order, so that two who bring the same words wait for each other and not both.
    found = vocabulary_of(text for document in documents for text in (document.title, document.body))
    Word.objects.bulk_create(
        [Word(word=word, backwards=word[::-1]) for word in found], ignore_conflicts=True, batch_size=500
    )


def forget_ticket(ticket: int) -> None:
    """It is purged, and its comments with it."""
    Document.objects.filter(ticket_id=ticket).delete()


def begin_rebuild() -> None:
    """Start over: the index stays in use while it is compared with the truth, row by row."""
    for kind in Kind:
        Progress.objects.update_or_create(kind=kind.value, defaults={"after": 0, "is_done": False})


def unfinished() -> list[Kind]:
    done = set(Progress.objects.filter(is_done=True).values_list("kind", flat=True))
    return [kind for kind in Kind if kind.value not in done]


@transaction.atomic
def build_next(kind: Kind) -> int:
    """The next rows of a kind that the index was not made of yet; returns how many, 0 at the end.

    May be run by several at once, while people work: each takes the rows after those of the one before.
    """
    Progress.objects.get_or_create(kind=kind.value)
    progress = Progress.objects.select_for_update().get(kind=kind.value)
    pks = next_pks(kind, progress.after, AT_ONCE)
    _remove_strays(kind, progress.after, pks)
    if pks:
        index(kind, pks)
        progress.after = pks[-1]
    progress.is_done = not pks
    progress.save(update_fields=["after", "is_done"])
    return len(pks)


def build_all() -> None:
    """At once: for a few rows, or when somebody waits for it."""
    for kind in unfinished():
        while build_next(kind):
            pass


def index_newer(kind: Kind) -> None:
    """The rows behind the last that has a document, in the caller's transaction: for many that were just written."""
    documents = Document.objects.filter(pk__gt=key_of(kind, 0), pk__lt=key_of(kind, 2**60)).order_by("-pk")
    after = documents.values_list("object_id", flat=True).first() or 0
    while pks := next_pks(kind, after, 10 * AT_ONCE):
        write(documents_of(kind, pks))
        after = pks[-1]


def _remove_strays(kind: Kind, after: int, pks: list[int]) -> None:
    """Documents between these rows, or behind the last one, of what is gone."""
    last = key_of(kind, pks[-1] if pks else 2**60)
    here = MODELS[kind]._base_manager.filter(pk=OuterRef("object_id"))
    Document.objects.filter(~Exists(here), pk__gt=key_of(kind, after), pk__lt=last).delete()


def engine_is_whole() -> bool:
    """Whether SQLite's own index tells what the documents do; PostgreSQL's is a column of them."""
    if connection.vendor != "sqlite":
        return True
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)")
    except DatabaseError:
        return False
    return True


def mend_engine() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")


def gather_statistics() -> None:
    """So that PostgreSQL's planner knows which words are rare; SQLite's is better off without (core/planning.py)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE search_document")
