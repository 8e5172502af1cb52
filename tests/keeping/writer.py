"""Run as a program: opens tickets with attachments through the operations, one after the other, and names each.

python -m tests.keeping.writer COUNT     so many; 0: until stdin closes
"""

import io
import itertools
import select
import sys

from supportflow.cli.group import set_django_up


def main(count: int) -> None:
    set_django_up()
    from django.db import transaction

    from supportflow.core.actors import System
    from supportflow.crm.models import Contact
    from supportflow.desk.content import Content
    from supportflow.desk.models import Mailbox
    from supportflow.desk.operations import create_ticket
    from supportflow.files.operations import keep_file, store_bytes

    by, contact, mailbox = System("test"), Contact.objects.order_by("pk")[0], Mailbox.objects.order_by("pk")[0]
    for number in range(count) if count else itertools.count():
        if not count and select.select([sys.stdin], [], [], 0)[0]:
            break
        sha256, size = store_bytes(io.BytesIO(f"{sys.argv} {number} ".encode() * (number % 50 + 1)))
        with transaction.atomic():
            file = keep_file("notes.txt", sha256, size, by=by)
            content = Content.from_markdown(f"Number {number}")
            ticket = create_ticket(f"Under load {number}", contact, content, mailbox=mailbox, attachments=[file], by=by)
        sys.stdout.write(f"{ticket.pk} {sha256}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
