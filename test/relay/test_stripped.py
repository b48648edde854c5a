"""Name servers that cut DNSSEC signatures off: there is no DANE then, and nothing waits for it."""

import pytest
from relay.world import World

from lib.server import wait_until

pytestmark = pytest.mark.ours


def test_stripped_signatures_hold_nothing():
    """A44: the root is served without signatures: `status` says so, mail for any domain goes with usual TLS."""
    with World(zones={".": "far.invalid-tld IN MX 10 mx.far.invalid-tld\nmx.far.invalid-tld IN A 127.0.0.2\n"}) as world:
        sink = world.host(2)
        wait_until(lambda: world.server.cli_json("status")["dnssec"] == "stripped", 20)
        world.submit("stripped", "x@far.invalid-tld")
        assert sink.wait_for(1)[0].tls
        assert "cut signatures off" in world.server.cli("status").stdout


def test_silent_name_servers_are_no_proof_of_that():
    """A44: who answers nothing does not switch validation off."""
    with World() as world:
        world.dns.stop()
        world.server.restart()
        assert world.server.cli_json("status")["dnssec"] == "unproven"
