import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keeping.houses import House, database, house


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo data and some tickets with attachments; nobody changes it."""
    with house(tmp_path_factory.mktemp("keeping") / "data") as made:
        made.must("migrate")
        made.must("demo")
        made.must("6", module="tests.keeping.writer")
        yield made


@pytest.fixture
def lived_in(template: House, tmp_path: Path) -> Iterator[House]:
    """A copy of the template to do with as one likes."""
    folder = tmp_path / "lived-in"
    shutil.copytree(template.folder, folder)
    if not template.url:
        yield House(folder)
        return
    with database(template.url.rpartition("/")[2]) as url:
        yield House(folder, url)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "elsewhere") as made:
        yield made


@pytest.fixture(scope="session")
def archive(template: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the template."""
    file = tmp_path_factory.mktemp("archives") / "good.tar"
    template.must("backup", file, "--no-verify")
    return file
