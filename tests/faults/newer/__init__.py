"""The desk's migrations, and one more: what the next version of SupportFlow might bring."""

from pathlib import Path

from supportflow.desk import migrations

LAST = max(file.stem for file in Path(migrations.__path__[0]).glob("0*.py"))  # of this version
__path__ = [*__path__, *migrations.__path__]
