from collections.abc import Iterator

import pytest

from tests.growing.client import Caller
from tests.growing.cluster import Cluster, running_cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests here: what a test takes down, it brings up again."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def program(cluster: Cluster) -> Caller:
    """A program with an API token, through nginx."""
    assert cluster.nginx
    return Caller(cluster.nginx, token=cluster.seed["token"])


@pytest.fixture(scope="session")
def user(cluster: Cluster) -> Caller:
    """Somebody who signed in through nginx."""
    assert cluster.nginx
    return Caller(cluster.nginx).sign_in(cluster.seed["emails"][0], cluster.seed["password"])
