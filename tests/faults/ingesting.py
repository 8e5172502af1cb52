"""`python -m tests.faults.ingesting FILE...`: a process that takes mails in, one after the other, by the command line's
own door. A file that was taken is removed; after a kill the rest is given to the next process, as a mail server would.
"""

import sys
from pathlib import Path

from supportflow.cli import cli


def main(files: list[str]) -> None:
    for file in filter(Path.exists, map(Path, files)):
        cli(["mail", "ingest", str(file)], standalone_mode=False)
        file.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
