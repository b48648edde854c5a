"""Fixtures for the tests that drive a running server. One server a module: tests of a module share it, modules run in
parallel."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from lib import rivals  # noqa: E402
from lib.server import Server, program  # noqa: E402

PEOPLE = ("anna", "bruno", "carla")
AS_RIVALS = os.environ.get("CERALACCA_TEST_SERVER") == "rivals"


def make_server(**options):
    """A server with three people in it, not started."""
    if AS_RIVALS:
        server = rivals.Rivals(**options)
    elif not program(options.get("variant", "release")).exists():
        pytest.fail(f"{program(options.get('variant', 'release'))} is not built")
    else:
        server = Server(**options)
    try:
        server.init()
        for name in PEOPLE:
            server.add_user(name)
    except BaseException:
        server.close()
        raise
    return server


@pytest.fixture(scope="module")
def server(request):
    """A running server; a module may set SERVER = {...} to choose its options (config, variant, serve_options)."""
    server = make_server(**getattr(request.module, "SERVER", {}))
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def own_server(request):
    """A server for this test alone, not started. @pytest.mark.server(config={...}) chooses its options."""
    mark = request.node.get_closest_marker("server")
    server = make_server(**(mark.kwargs if mark else {}))
    try:
        yield server
    finally:
        server.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The end of the server's log stands in the report of a test that fails."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for name in ("server", "own_server"):
            server = getattr(item, "funcargs", {}).get(name)
            if server:
                report.sections.append((f"log of {name}", "\n".join(server.log().splitlines()[-25:])))


def pytest_configure(config):
    config.addinivalue_line("markers", "server(**options): options of the test's own server")
    config.addinivalue_line("markers", "ours: about Ceralacca itself, not run against the rivals")


def pytest_collection_modifyitems(items):
    if AS_RIVALS:
        for item in items:
            if item.get_closest_marker("ours"):
                item.add_marker(pytest.mark.skip(reason="not a matter of the rivals"))
