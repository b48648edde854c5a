"""Messages whose bytes can be told apart, sent and found again."""

import hashlib
import random
import re

from .wire import Smtp, imap_login

WORDS = """account report meeting please server project delivery thursday invoice customer regards attached document
schedule review update network budget quarter planning release question answer travel hotel before after people
time into only some very what know than then them well were long letter wax seal ribbon paper ink""".split()


def text_body(size, seed):
    chooser = random.Random(seed)
    lines, total = [], 0
    while total < size:
        line = " ".join(chooser.choice(WORDS) for _ in range(10))
        lines.append(line)
        total += len(line) + 2
    return "\r\n".join(lines)


def message(mark, size=600, sender="sender@outside.test", recipient="anna@example.test", headers="", body=None):
    """CRLF bytes of one message; `mark` (unique) stands in Subject, Message-ID and body."""
    mark = str(mark)
    body = text_body(size, mark) if body is None else body
    return (f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: mark {mark}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{mark}@outside.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n{headers}"
            f"\r\nmark {mark}\r\n{body}\r\n").encode()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def mark_of(data):
    match = re.search(rb"^Subject: mark (\S+)", data, re.M)
    return match.group(1).decode() if match else None


def send(server, data, sender="sender@outside.test", recipients=("anna@example.test",), port=None):
    """One message to port 25 of the server; the final reply."""
    with Smtp(port or server.ports.smtp) as client:
        client.hello()
        client.envelope(sender, *recipients)
        reply = client.data(data)
        client.command("QUIT")
        return reply


def submit(server, data, sender, recipients, password):
    """One message through submission with TLS and a login; the final reply."""
    with Smtp(server.ports.submissions, tls=True) as client:
        client.hello()
        client.login(sender, password)
        client.envelope(sender, *recipients)
        reply = client.data(data)
        client.command("QUIT")
        return reply


def mailbox(server, user, password, name="INBOX"):
    """UID -> bytes of a mailbox of the server"""
    with imap_login(server.ports, user, password) as client:
        return client.messages(name)
