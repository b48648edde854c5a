"""An SMTP server that does as it is told: stores mail, refuses, waits, cuts the line, breaks TLS, at any stage.

    sink = Sink("127.0.0.2", port)
    sink.on("RCPT", "450 4.2.0 later", times=1)          greylisting
    sink.on("EOD", Cut(store=True))                       the reply gets lost
    sink.on("TLS", Cut())                                 the handshake breaks

Stages: CONNECT EHLO HELO STARTTLS TLS AUTH MAIL RCPT DATA BODY EOD RSET QUIT. The first rule of a stage whose pattern
matches the command and whose `times` is not used up decides; otherwise the command succeeds."""

import atexit
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

STAGES = {"CONNECT", "EHLO", "HELO", "STARTTLS", "TLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "EOD", "RSET", "QUIT"}
GOOD = {"CONNECT": "220 {name} ESMTP", "HELO": "250 {name}", "STARTTLS": "220 2.0.0 go ahead", "MAIL": "250 2.1.0 ok",
        "AUTH": "235 2.7.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go ahead", "EOD": "250 2.0.0 stored", "RSET": "250 2.0.0 ok",
        "QUIT": "221 2.0.0 bye"}


class Cut:
    """Close the connection, after storing the message when `store` (stage EOD), after `text` was sent."""

    def __init__(self, store=False, text=b""):
        self.store, self.text = store, text


class Sleep:
    """Wait, then go on as if no rule had matched."""

    def __init__(self, seconds):
        self.seconds = seconds


class Raw:
    """Send these bytes instead of a reply line."""

    def __init__(self, data, then_tls=False):
        self.data, self.then_tls = data, then_tls


class Rule:
    def __init__(self, stage, action, pattern, times):
        assert stage in STAGES, stage
        self.stage, self.action, self.times = stage, action, times
        self.pattern = re.compile(pattern, re.I) if pattern else None


class Mail:
    def __init__(self, sender, recipients, data, tls, hello, parameters):
        self.sender, self.recipients, self.data, self.tls, self.hello = sender, recipients, data, tls, hello
        self.parameters = parameters
        self.at = time.monotonic()


class Gone(Exception):
    pass


def certificate(name="sink.test"):
    """(certificate file, key file), self-signed, made once for a process."""
    if not hasattr(certificate, "made"):
        folder = Path(tempfile.mkdtemp(prefix="ceralacca-sink-"))
        atexit.register(shutil.rmtree, folder, True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-keyout", folder / "key", "-out", folder / "crt", "-subj", f"/CN={name}",
                        "-addext", f"subjectAltName=DNS:{name},DNS:*.{name}", "-addext", "basicConstraints=critical,CA:FALSE"], check=True, capture_output=True)
        certificate.made = (folder / "crt", folder / "key")
    return certificate.made


class Sink:
    def __init__(self, address="127.0.0.1", port=0, name="sink.test", tls=True, extensions=("PIPELINING", "8BITMIME", "SIZE"), pair=None):
        self.name, self.tls, self.extensions = name, tls, list(extensions)
        self.pair, self.asked = pair or certificate(), []     # certificate and key; names that came as SNI
        self.rules, self.mails, self.commands = [], [], []
        self.connections = 0
        self.lock = threading.Lock()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener = socket.socket(family)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(200)
        self.address, self.port = address, self.listener.getsockname()[1]
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.close()

    def close(self):
        # shutdown wakes the accept
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def on(self, stage, action, match=None, times=None):
        with self.lock:
            self.rules.append(Rule(stage, action, match, times))
        return self

    def clear(self):
        with self.lock:
            self.rules.clear()

    def wait_for(self, count=1, seconds=30):
        """The mails, once there are `count`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.lock:
                if len(self.mails) >= count:
                    return list(self.mails)
            time.sleep(0.02)
        raise AssertionError(f"sink {self.address} got {len(self.mails)} of {count} mails in {seconds} s; "
                             f"commands: {self.commands[-20:]}")

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(120)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        session = _Session(self, connection)
        try:
            session.run()
        except (Gone, OSError, ssl.SSLError):
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            session.socket.close()      # under TLS it is another object, and connection is empty
            connection.close()

    def choose(self, stage, text):
        with self.lock:
            self.commands.append(f"{stage} {text}".strip())
            for rule in self.rules:
                if rule.stage == stage and rule.times != 0 and (not rule.pattern or rule.pattern.search(text)):
                    if rule.times:
                        rule.times -= 1
                    return rule.action
        return None


class _Session:
    def __init__(self, sink, connection):
        self.sink, self.socket = sink, connection
        self.buffer, self.secure, self.hello = b"", False, ""
        self.reset()

    def reset(self):
        self.sender, self.recipients, self.parameters = None, [], ""

    def send(self, text):
        self.socket.sendall(text.encode() + b"\r\n" if isinstance(text, str) else text)

    def line(self):
        while b"\n" not in self.buffer:
            more = self.socket.recv(65536)
            if not more:
                raise Gone
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line + b"\n"

    def act(self, stage, text=""):
        """Apply the rule of a stage. True when the command is to succeed (its reply is sent here)."""
        action = self.sink.choose(stage, text)
        while isinstance(action, Sleep):
            time.sleep(action.seconds)
            action = None
        if isinstance(action, Cut):
            if action.store:
                self.store()
            if action.text:
                self.send(action.text)
            raise Gone
        if isinstance(action, Raw):
            self.send(action.data)
            if action.then_tls:
                self.start_tls()
            return False
        if isinstance(action, str):
            self.send(action)
            return action[:1] in "23"
        if stage == "EOD":
            self.store()
        if stage in GOOD:
            self.send(GOOD[stage].format(name=self.sink.name))
        return True

    def store(self):
        with self.sink.lock:
            self.sink.mails.append(Mail(self.sender, list(self.recipients), self.body, self.secure, self.hello, self.parameters))

    def run(self):
        if not self.act("CONNECT"):
            return
        while True:
            text = self.line().decode(errors="replace").rstrip("\r\n")
            word = text.split(" ", 1)[0].upper()
            handler = getattr(self, f"cmd_{word.lower()}", None)
            if handler is None:
                self.send("500 5.5.1 unknown command")
            elif handler(text) == "quit":
                return

    def cmd_ehlo(self, text):
        self.reset()
        self.hello = text[5:]
        action = self.sink.choose("EHLO", text)
        if isinstance(action, Sleep):
            time.sleep(action.seconds)
        if isinstance(action, Cut):
            raise Gone
        if isinstance(action, str):
            return self.send(action)
        if isinstance(action, Raw):
            return self.send(action.data)
        extensions = list(self.sink.extensions)
        if self.sink.tls and not self.secure:
            extensions.append("STARTTLS")
        lines = [self.sink.name, *extensions]
        for number, line in enumerate(lines):
            self.send(f"250{' ' if number == len(lines) - 1 else '-'}{line}")

    def cmd_helo(self, text):
        self.reset()
        self.hello = text[5:]
        self.act("HELO", text)

    def cmd_starttls(self, text):
        if not self.sink.tls or self.secure:
            return self.send("502 5.5.1 not offered")
        if self.act("STARTTLS", text):
            self.start_tls()

    def start_tls(self):
        action = self.sink.choose("TLS", "")
        if isinstance(action, Cut):
            raise Gone
        if isinstance(action, Raw):
            self.send(action.data)
            raise Gone
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, self.sink.pair))
        context.sni_callback = lambda socket, name, _: self.sink.asked.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.buffer, self.secure = b"", True
        self.reset()

    def cmd_auth(self, text):
        self.act("AUTH", text)

    def cmd_mail(self, text):
        if self.sender is not None:
            return self.send("503 5.5.1 nested MAIL")
        if self.act("MAIL", text):
            match = re.match(r"MAIL FROM:\s*<([^>]*)>\s*(.*)", text, re.I)
            self.sender, self.parameters = match.group(1), match.group(2)

    def cmd_rcpt(self, text):
        if self.act("RCPT", text):
            self.recipients.append(re.match(r"RCPT TO:\s*<([^>]*)>", text, re.I).group(1))

    def cmd_data(self, text):
        if not self.recipients:
            return self.send("503 5.5.1 no recipients")
        if self.act("DATA", text):
            self.read_body()
            self.act("EOD")
            self.reset()

    def read_body(self):
        """Only CRLF-dot-CRLF ends it; bytes are kept as they come, less the stuffed dots."""
        lines, before = [], b"\r\n"
        cut = self.sink.choose("BODY", "")
        while True:
            line = self.line()
            if line == b".\r\n" and before.endswith(b"\r\n"):
                break
            if isinstance(cut, Cut) and len(lines) >= 3:
                raise Gone
            lines.append(line[1:] if line.startswith(b".") and before.endswith(b"\r\n") else line)
            before = line
        self.body = b"".join(lines)

    def cmd_rset(self, text):
        self.reset()
        self.act("RSET", text)

    def cmd_noop(self, text):
        self.send("250 2.0.0 ok")

    def cmd_quit(self, text):
        self.act("QUIT", text)
        return "quit"
