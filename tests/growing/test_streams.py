import asyncio

import pytest

from tests.growing.cluster import Cluster
from tests.growing.streams import measure

pytestmark = pytest.mark.services


def test_every_stream_hears_of_every_change(cluster: Cluster) -> None:
    """The figure's short form; what it takes is told by `python -m tests.growing.streams`."""
    told = asyncio.run(measure(cluster, streams=10, seconds=1, per_second=5)).told()
    assert (told["changes"], told["hints"], told["resets"], told["still_open"]) == (5, 50, 0, 10)
