"""The table in the kernel: there while the server runs, gone afterwards, and nobody is hurt where it can't be."""

import os
import shutil
import subprocess

import pytest

from conftest import make_server
from lib.server import wait_until

pytestmark = pytest.mark.ours
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: CAP_NET_ADMIN")
needs_nft = pytest.mark.skipif(not shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin"), reason="nft is not installed")


def nft(*words):
    return subprocess.run(["/usr/sbin/nft", *words], capture_output=True, text=True, timeout=20)


def table_of(server):
    return server.cli_json("status")["firewall"]["table"]


def standing(table):
    return nft("list", "table", *table.split()).returncode == 0


@pytest.fixture
def firewalled(request):
    server = make_server(**getattr(request, "param", {}))
    try:
        server.start()
        if server.cli_json("status")["firewall"]["state"] in ("denied", "unsupported"):
            pytest.skip("root, but without CAP_NET_ADMIN")
        yield server
    finally:
        server.close()


@needs_root
@needs_nft
def test_a90_table_lives_as_long_as_the_server(firewalled):
    """A90: made at start for the ports that listen, loopback and established rights of others first; gone after a stop."""
    table = table_of(firewalled)
    rules = nft("list", "table", *table.split()).stdout
    assert "flags owner" in rules and f"{firewalled.ports.smtp}" in rules and f"{firewalled.ports.imaps}" in rules
    lines = [line.strip() for line in rules.splitlines()]
    chain = lines[lines.index("chain input {"):]
    assert chain[2] == 'iifname "lo" accept', "loopback first"
    assert all("drop" not in line or "saddr" in line for line in chain), "nothing is dropped but by its source"
    firewalled.stop()
    assert not standing(table)


@needs_root
@needs_nft
def test_table_goes_with_a_server_that_is_killed(firewalled):
    table = table_of(firewalled)
    firewalled.kill_all()
    wait_until(lambda: not standing(table), 5, what="table gone")


@needs_root
@needs_nft
def test_table_comes_back_with_its_role(firewalled):
    table = table_of(firewalled)
    firewalled.kill_role("firewall")
    wait_until(lambda: not standing(table), 5, what="table gone")
    wait_until(lambda: standing(table), 10, what="table made anew")
    wait_until(lambda: firewalled.cli_json("status")["firewall"]["state"] == "kernel", 5, what="told")


@needs_root
def test_other_tables_are_left_alone(firewalled):
    before = nft("list", "tables").stdout
    firewalled.reload()
    firewalled.stop()
    others = {line for line in before.splitlines() if "ceralacca" not in line}
    assert others <= set(nft("list", "tables").stdout.splitlines())


@pytest.mark.server(config={"firewall": {"kernel": False}})
def test_off_by_configuration(own_server):
    own_server.start()
    state = own_server.cli_json("status")["firewall"]
    assert state["state"] == "off" and "firewall.kernel" in state["why"]
    assert "only where connections are accepted" in own_server.cli("status").stdout
    if os.geteuid() == 0:
        assert not standing(state["table"])


def without_net_admin():
    """In the child: the capability goes from the bounding set, so that no process of the server has it."""
    import ctypes
    if ctypes.CDLL(None, use_errno=True).prctl(24, 12, 0, 0, 0) != 0:       # PR_CAPBSET_DROP, CAP_NET_ADMIN
        raise OSError("no PR_CAPBSET_DROP")


def test_without_the_capability(own_server):
    """As in a container: everything serves, the role says why, status says where bans hold."""
    if os.geteuid() == 0:
        own_server.preexec = without_net_admin
    own_server.start()
    state = own_server.cli_json("status")["firewall"]
    assert state["state"] in ("denied", "unsupported") and state["why"]
    assert own_server.cli_json("status")["state"] == "up"
