"""Clients that hide nothing: bytes out, replies in, every wait bounded. For what smtplib and imaplib smooth over."""

import re
import socket
import ssl

SECONDS = 30


def tls_context(alpn=None):
    """Accepts any certificate: tests look at the server's with their own eyes where it matters."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Closed(Exception):
    """The other side closed the connection."""


class Wire:
    def __init__(self, port, address="127.0.0.1", tls=False, seconds=SECONDS, source=None):
        self.socket = socket.create_connection((address, port), timeout=seconds,
                                               source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        if tls:
            self.start_tls()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.close()

    def close(self):
        self.socket.close()

    def start_tls(self, alpn=None):
        self.socket = tls_context(alpn).wrap_socket(self.socket, server_hostname="mail.example.test")

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def _fill(self):
        try:
            more = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as e:
            raise Closed(str(e)) from e
        if not more:
            raise Closed("end of stream")
        self.buffer += more

    def line(self):
        while b"\n" not in self.buffer:
            self._fill()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def read(self, count):
        while len(self.buffer) < count:
            self._fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def silent(self, seconds):
        """True when nothing arrives within `seconds`."""
        if self.buffer:
            return False
        old = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            self._fill()
            return False
        except (TimeoutError, socket.timeout):
            return True
        finally:
            self.socket.settimeout(old)

    def closed(self, seconds=SECONDS):
        """True when the server closes within `seconds`, whatever it says before."""
        self.socket.settimeout(seconds)
        try:
            while True:
                self.buffer = b""
                self._fill()
        except Closed:
            return True
        except (TimeoutError, socket.timeout):
            return False


class Smtp(Wire):
    def __init__(self, port, greet=True, **options):
        super().__init__(port, **options)
        self.greeting = self.reply() if greet else None

    def reply(self):
        """(code, [text lines])"""
        texts = []
        while True:
            line = self.line()
            texts.append(line[4:].decode(errors="replace"))
            if line[3:4] != b"-":
                return int(line[:3]), texts

    def command(self, text):
        self.send(text + "\r\n" if isinstance(text, str) else text + b"\r\n")
        return self.reply()

    def expect(self, code, text):
        got = self.command(text)
        assert got[0] == code, f"{text!r}: expected {code}, got {got}"
        return got[1]

    def hello(self, name="client.example", word="EHLO"):
        return self.expect(250, f"{word} {name}")

    def starttls(self):
        self.expect(220, "STARTTLS")
        self.start_tls()
        self.hello()

    def login(self, user, password):
        import base64
        token = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.expect(235, f"AUTH PLAIN {token}")

    def envelope(self, sender, *recipients):
        self.expect(250, f"MAIL FROM:<{sender}>")
        for recipient in recipients:
            self.expect(250, f"RCPT TO:<{recipient}>")

    def data(self, message):
        """Sends the message dot-stuffed; returns the final reply."""
        self.expect(354, "DATA")
        self.send(dot_stuffed(message) + b".\r\n")
        return self.reply()


def dot_stuffed(message):
    """CRLF lines with their leading dots doubled."""
    message = message if message.endswith(b"\r\n") else message + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", message)


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class ImapError(Exception):
    pass


class Imap(Wire):
    """One response = its bytes with the literals in place, and the literals once more in a list."""

    def __init__(self, port, greet=True, **options):
        super().__init__(port, **options)
        self.number = 0
        self.greeting = self.response()[0] if greet else None

    def response(self):
        text, literals = b"", []
        while True:
            line = self.line()
            text += line
            match = re.search(rb"\{(\d+)\}$", line)
            if not match:
                return text, literals
            literals.append(self.read(int(match.group(1))))
            text += b"\r\n" + literals[-1]

    def finish(self, tag):
        """All untagged responses up to the tagged one: (status line, [(text, literals)])"""
        untagged = []
        while True:
            text, literals = self.response()
            if text.startswith(tag.encode() + b" "):
                return text[len(tag) + 1:], untagged
            untagged.append((text, literals))

    def start(self, text):
        self.number += 1
        tag = f"t{self.number}"
        self.send(f"{tag} {text}\r\n")
        return tag

    def try_command(self, text):
        return self.finish(self.start(text))

    def command(self, text):
        """The untagged responses of a command that must succeed."""
        status, untagged = self.try_command(text)
        if not status.startswith(b"OK"):
            raise ImapError(f"{text[:200]}: {status.decode(errors='replace')}")
        self.status = status
        return untagged

    def starttls(self):
        self.command("STARTTLS")
        self.start_tls()

    def login(self, user, password):
        return self.command(f"LOGIN {quote(user)} {quote(password)}")

    def append(self, mailbox, message, flags=""):
        """APPEND with a synchronising literal; returns the status line."""
        self.number += 1
        tag = f"t{self.number}"
        flags = f"({flags}) " if flags else ""
        self.send(f"{tag} APPEND {quote(mailbox)} {flags}{{{len(message)}}}\r\n")
        while True:
            text, _ = self.response()
            if text.startswith(b"+"):
                break
            if text.startswith(tag.encode()):
                raise ImapError(text.decode(errors="replace"))
        self.send(message + b"\r\n")
        status, _ = self.finish(tag)
        if not status.startswith(b"OK"):
            raise ImapError(status.decode(errors="replace"))
        return status

    def messages(self, mailbox="INBOX"):
        """UID -> bytes of every message"""
        self.command(f"EXAMINE {quote(mailbox)}")
        found = {}
        for text, literals in self.command("UID FETCH 1:* (UID BODY.PEEK[])"):
            uid = re.search(rb"UID (\d+)", text)
            if uid and literals:
                found[int(uid.group(1))] = literals[0]
        return found

    def count(self, mailbox="INBOX"):
        for text, _ in self.command(f"STATUS {quote(mailbox)} (MESSAGES)"):
            match = re.search(rb"MESSAGES (\d+)", text)
            if match:
                return int(match.group(1))
        raise ImapError("no STATUS response")


def imap_login(ports, user, password, **options):
    """A session on the TLS port, logged in."""
    client = Imap(ports.imaps, tls=True, **options)
    client.login(user, password)
    return client
