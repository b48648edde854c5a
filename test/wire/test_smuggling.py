"""What ends a message, and what only looks so: 0 or 1 message may be stored, never 2."""

import re

import pytest

from lib import mail, suites
from lib.server import PASSWORD
from lib.wire import Closed, Smtp, imap_login

ANNA = "anna@example.test"


def sequences():
    """The lines of the suite, as bytes; without the suite the test skips."""
    folder = suites.suite("smtp-misc")
    found = []
    for line in (folder / "eod-sequences.txt").read_text().splitlines():
        match = re.match(r"[T-]: (.*)", line)
        if match:
            found.append(match.group(1).encode().decode("unicode_escape").encode("latin-1"))
    assert len(found) >= 11
    return found


def inbox_marks(server):
    return [mail.mark_of(data) for data in mail.mailbox(server, ANNA, PASSWORD).values()]


def smuggle(server, sequence, mark, split):
    """One message whose text holds `sequence` and then a second transaction."""
    hidden = (f"MAIL FROM:<evil@outside.test>\r\nRCPT TO:<{ANNA}>\r\nDATA\r\nSubject: mark {mark}-smuggled\r\n\r\nevil").encode()
    text = f"Subject: mark {mark}\r\n\r\nfirst".encode() + sequence + hidden + b"\r\n.\r\n"
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.envelope("s@outside.test", ANNA)
        client.expect(354, "DATA")
        replies = []
        try:
            for piece in ([text] if not split else [text[i:i + split] for i in range(0, len(text), split)]):
                client.send(piece)
            replies.append(client.reply()[0])
            client.send("NOOP\r\n")
            while True:
                replies.append(client.reply()[0])
                if client.silent(0.1):
                    break
        except (Closed, ConnectionError):
            pass
        return replies


@pytest.mark.parametrize("split", [0, 1, 7])
def test_a01_a02_end_of_data_variants(server, split):
    """A01, A02: LF and CR in all places around the dot, doubled CRs, NUL."""
    failures = []
    for number, sequence in enumerate(sequences()):
        mark = f"smuggle-{split}-{number}"
        replies = smuggle(server, sequence, mark, split)
        marks = [m for m in inbox_marks(server) if m and m.startswith(mark)]
        accepted = replies[:1] == [250]
        if len(marks) > 1 or f"{mark}-smuggled" in marks or accepted != (mark in marks):
            failures.append((sequence, replies, marks))
    assert not failures


@pytest.mark.ours
def test_a01_bare_line_ends_are_refused_with_a_reason(server):
    """A01, B34: a bare LF on port 25 gets a 5xx that says why, or the connection closes."""
    with Smtp(server.ports.smtp) as client:
        client.hello()
        client.envelope("s@outside.test", ANNA)
        client.expect(354, "DATA")
        client.send(b"Subject: bare\r\n\r\none\ntwo\r\n.\r\n")
        code, texts = client.reply()
    assert code in (421, 500, 521, 550, 554)
    assert re.search(r"line|LF|bare|CR", " ".join(texts), re.I), texts


@pytest.mark.ours
def test_a03_submission_never_passes_on_a_bare_line_end(server):
    """A03, B34: submission refuses bare LF or makes it CRLF; nothing stored holds a bare CR or LF."""
    with Smtp(server.ports.submissions, tls=True) as client:
        client.hello()
        client.login(ANNA, PASSWORD)
        client.envelope(ANNA, ANNA)
        client.expect(354, "DATA")
        client.send(b"From: <anna@example.test>\r\nSubject: mark lf-only\r\n\r\none\ntwo\n.\nthree\r\n.\r\n")
        code, _ = client.reply()
    assert code in range(200, 600)
    for data in mail.mailbox(server, ANNA, PASSWORD).values():
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)


def test_b33_dots_arrive_byte_for_byte(server):
    """B33: lines of dots, through SMTP in, the store, IMAP."""
    body = "\r\n".join([".", "..", "...", ".text", "..text", "", ".", "x" * 997, "." + "x" * 990, "."])
    data = mail.message("dots", body=body)
    assert mail.send(server, data)[0] == 250
    from lib.server import wait_until
    got = wait_until(lambda: next((m for m in mail.mailbox(server, ANNA, PASSWORD).values() if mail.mark_of(m) == "dots"), None))
    assert got.endswith(data)


def test_b33_no_final_line_end(server):
    """B33: an APPEND without a last line end keeps its bytes."""
    data = mail.message("no-final-end").rstrip(b"\r\n")
    with imap_login(server.ports, ANNA, PASSWORD) as client:
        client.append("INBOX", data)
        assert data in client.messages().values()
