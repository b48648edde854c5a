"""Talking to a server from a source address of one's own, for the tests of the guard."""

import socket
import ssl

from lib.server import PASSWORD

SMTP, SUBMISSION, IMAP, IMAPS = 25, 587, 143, 993


class Out(Exception):
    """The server does not talk to this source."""


class Talk:
    """Lines both ways from a source address."""

    def __init__(self, server, port, source, tls=False, greet=True):
        self.socket = socket.create_connection(("127.0.0.1", server.ports.base + port), 5, (source, 0))
        self.socket.settimeout(10)
        if tls:
            try:
                self.start_tls()
            except (ConnectionError, ssl.SSLError, OSError) as e:
                raise Out from e
        self.rest = b""
        if greet:
            self.greeting = self.line()

    def line(self):
        while b"\n" not in self.rest:
            try:
                more = self.socket.recv(65536)
            except ConnectionError as e:
                raise Out from e
            if not more:
                raise Out
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.rstrip(b"\r").decode(errors="replace")

    def reply(self):
        """An SMTP reply; its last line."""
        while (line := self.line())[3:4] == "-":
            pass
        return line

    def say(self, text):
        try:
            self.socket.sendall(text.encode() + b"\r\n" if isinstance(text, str) else text)
        except ConnectionError as e:
            raise Out from e

    def smtp(self, text):
        self.say(text)
        return self.reply()

    def imap(self, text):
        self.say("a " + text)
        while not (line := self.line()).startswith("a "):
            if line.startswith("* BYE"):
                return line
        return line

    def start_tls(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket)

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.socket.close()


def is_out(server, source, port=SMTP):
    try:
        with Talk(server, port, source):
            return False
    except (Out, ConnectionError):
        return True


def sign_in(server, source, user, password=PASSWORD):
    """By IMAP over TLS; True when it went through."""
    with Talk(server, IMAPS, source, tls=True) as t:
        return t.imap(f'LOGIN {user}@example.test "{password}"').startswith("a OK")


def rules_for(server, source):
    return {s["rule"] for s in server.cli_json("ban", "why", source)["stands"]}
