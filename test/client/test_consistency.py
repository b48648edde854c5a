"""What five kinds of clients believe of two mailboxes is what the server has, after every step, and after kill -9."""

import os
import random

import pytest
from client.tools import ANNA, CARLA

from lib import imap_model, settings

SERVER = {"config": {**settings.ALL_SERVICES, "limits": {"connections_per_source": 10000}}}
STEPS = 150


def seed():
    return int(os.environ.get("CERALACCA_SEED") or random.randrange(1 << 31))


def test_b38_beliefs(server):
    imap_model.run(server, ANNA, seed(), STEPS)


@pytest.mark.server(config=SERVER["config"])
def test_b39_b43_beliefs_with_crashes(own_server):
    imap_model.run(own_server.start(), CARLA, seed(), 60, crash_every=20)
