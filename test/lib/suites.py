"""Conformance suites are read where they lie; a test whose suite is absent skips visibly."""

import os
from pathlib import Path

import pytest

from .server import ROOT


def _folder(name):
    return Path(os.environ.get("CERALACCA_SUITES", ROOT.parent / "shared" / "suites")) / name


def find(name):
    """The folder, or None: for tests that take their parameters from it."""
    return _folder(name) if _folder(name).is_dir() else None


def suite(name):
    folder = _folder(name)
    if not folder.is_dir():
        pytest.skip(f"suite {name} is not at {folder}")
    return folder
