"""The walls of each role, seen from outside (/proc) and from inside (a build whose roles attack their own walls)."""

import os

import pytest

from conftest import make_server
from lib import settings
from lib.server import proc_status, program, role_of, wait_until

pytestmark = pytest.mark.ours
SERVER = {"config": settings.ALL_SERVICES}
ROLES = ["keys", "auth", "store", "smtp", "imap", "http", "scan", "relay", "resolver", "fetch", "firewall", "guard"]
CAP_NET_ADMIN = 12

# what roles.def lets a role do
GRANTED = {"relay": {"tcp-connect"}, "fetch": {"tcp-connect"}, "resolver": {"tcp-connect", "udp-socket"}}


def each(server, role):
    pids = server.roles().get(role)
    assert pids, f"no {role} runs: {server.roles()}"
    return pids


@pytest.mark.parametrize("role", ROLES)
def test_seccomp_and_no_new_privileges(server, role):
    for pid in each(server, role):
        status = proc_status(pid)
        assert status["Seccomp"] == "2", f"{role}: no seccomp filter"
        assert status["NoNewPrivs"] == "1"


@pytest.mark.parametrize("role", ROLES)
def test_no_capabilities(server, role):
    """None but firewall's one, where we have it to give."""
    may = 1 << CAP_NET_ADMIN if role == "firewall" else 0
    for pid in each(server, role):
        status = proc_status(pid)
        for field in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[field], 16) & ~may == 0, f"{role}: {field} {status[field]}"
            assert int(status[field], 16) == 0 or field in ("CapEff", "CapPrm"), "nothing that another program would inherit"


def test_own_user_for_each_role(server):
    if os.geteuid() != 0:
        pytest.skip("started without root: all roles have the user who started them")
    users = {}
    for role in ROLES:
        for pid in each(server, role):
            uids = set(proc_status(pid)["Uid"].split())
            gids = set(proc_status(pid)["Gid"].split())
            assert len(uids) == 1 and len(gids) == 1 and "0" not in uids | gids, (role, uids, gids)
            assert proc_status(pid).get("Groups", "").split() in ([], list(gids)), role
            users.setdefault(uids.pop(), set()).add(role)
    assert all(len(roles) == 1 for roles in users.values()), f"roles that share a user: {users}"


@pytest.mark.parametrize("role", ROLES)
def test_own_root_folder(server, role):
    if os.geteuid() != 0:
        pytest.skip("started without root: no chroot")
    for pid in each(server, role):
        assert os.readlink(f"/proc/{pid}/root") != "/", f"{role} sees the whole file system"


@pytest.mark.parametrize("role", ["keys", "auth", "store", "smtp", "imap", "http", "scan", "firewall", "guard"])
def test_no_internet_socket_but_its_own(server, role):
    """keys, auth, store and scan hold no TCP or UDP socket at all; smtp, imap and http only the listeners and sessions."""
    for pid in each(server, role):
        links = []
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except FileNotFoundError:
                continue
        inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
        with open(f"/proc/{pid}/net/tcp") as f:
            tcp = [line.split() for line in f.readlines()[1:]]
        own = [fields for fields in tcp if fields[9] in inodes]
        if role in ("smtp", "imap", "http"):
            assert all(fields[3] == "0A" or int(fields[1].split(":")[1], 16) in range(server.ports.base, server.ports.base + 5000) for fields in own)
        else:
            assert not own, f"{role} holds internet sockets"
        files = [link for link in links if link.startswith("/") and not link.startswith(("/dev/null", "/memfd:", "/dev/shm"))]
        if role in ("smtp", "imap", "http", "scan", "auth", "firewall"):
            assert all(link == str(server.log_path) or "(deleted)" in link for link in files), f"{role} holds files: {files}"


def test_keys_are_read_by_nobody_else(server):
    """A dump of memory or a trace is refused even to the same user: roles are not dumpable."""
    for role in ("keys", "auth", "store"):
        for pid in each(server, role):
            # a process that is not dumpable has its /proc files owned by root
            assert os.stat(f"/proc/{pid}/maps").st_uid == 0 or os.geteuid() != 0


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """The reports of a server of the walls build: lines of role, worker, act, result, errno"""
    if not program("walls").exists():
        pytest.fail("build/walls/ceralacca is not built (make V=walls)")
    report = tmp_path_factory.mktemp("walls") / "report"
    server = make_server(variant="walls", serve_options=["--walls-report", str(report)], **SERVER)
    try:
        server.start()
        wait_until(lambda: report.exists() and len({line.split("\t")[0] for line in report.read_text().splitlines()} & set(ROLES)) == len(ROLES),
                   20, what=f"a report of each of {ROLES}")
        return [line.split("\t") for line in report.read_text().splitlines() if line.strip()]
    finally:
        server.close()


@pytest.mark.parametrize("role", ROLES)
def test_a88_forbidden_acts_are_refused(attacked, role):
    """A88: from inside, every forbidden act is tried, and refused."""
    acts = [fields for fields in attacked if fields[0] == role]
    assert len(acts) >= 5, f"{role} tried {acts}"
    allowed = {fields[2] for fields in acts if fields[3] != "refused"} - GRANTED.get(role, set())
    assert not allowed, f"{role} was allowed to {', '.join(sorted(allowed))}"
    print(f"{role}: {len({fields[2] for fields in acts})} acts refused")


def test_role_names_are_known(server):
    """The harness sees every process of the server as a role."""
    assert all(role_of(pid) for pid in server.pids())
