"""The product's settings, on a data folder that goes when the tests end. Loaded before any conftest.

Processes that run tests side by side have a folder each: one that serves must not stop another that needs it alone.
"""

import os
import tempfile

if "SUPPORTFLOW_DATA" not in os.environ:
    _folder = tempfile.TemporaryDirectory(prefix="supportflow-test-")
    os.environ["SUPPORTFLOW_DATA"] = _folder.name
if not os.environ["SUPPORTFLOW_DATA"].endswith(_own := f"/{os.environ.get('PYTEST_XDIST_WORKER', '')}".rstrip("/")):
    os.environ["SUPPORTFLOW_DATA"] += _own

from supportflow.settings import *  # noqa: F403
