"""The product's settings, on a data folder that goes when the tests end. Loaded before any conftest."""

import os
import tempfile

if "SUPPORTFLOW_DATA" not in os.environ:
    _folder = tempfile.TemporaryDirectory(prefix="supportflow-test-")
    os.environ["SUPPORTFLOW_DATA"] = _folder.name

from supportflow.settings import *  # noqa: F403
