"""Every dialogue below test/wire/smtp and test/wire/imap, whole and cut into pieces."""

from pathlib import Path

import pytest

from lib import settings, transcript

SERVER = {"config": {**settings.ALL_SERVICES, "limits": {"connections_per_source": 10000}}}
FILES = sorted(Path(__file__).parent.glob("*/*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_dialogue(server, path):
    passes = transcript.run(transcript.Transcript(path), server)
    print(f"{passes} ways of cutting")
