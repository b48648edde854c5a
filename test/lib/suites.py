"""Conformance suites are read where they lie; a test whose suite is absent skips visibly."""

import os
from pathlib import Path

import pytest

from .server import ROOT


def suite(name):
    folder = Path(os.environ.get("CERALACCA_SUITES", ROOT.parent / "shared" / "suites")) / name
    if not folder.is_dir():
        pytest.skip(f"suite {name} is not at {folder}")
    return folder
