"""A small internet on loopback: a name server, and mail servers on 127.0.0.2, 127.0.0.3, … that share one port."""

import email
import email.policy
from contextlib import ExitStack

from conftest import make_server
from lib import mail, settings
from lib.dns import NameServer
from lib.ports import can_bind, free_port
from lib.server import PASSWORD, wait_until
from lib.sink import Sink

ANNA, BRUNO = "anna@example.test", "bruno@example.test"


class World:
    """World(smarthost="[127.0.0.3]:{port}"): keys of the section relay; {port} is the port of all hosts. signed: the
    zone test. is signed, and the server trusts its key. zones: further zones, by name."""

    def __init__(self, signed=False, zones=None, **relay):
        self.signed, self.zones = signed, zones
        self.stack = ExitStack()
        self.relay = relay
        self.sinks = {}

    def __enter__(self):
        try:
            self.dns = self.stack.enter_context(NameServer(self.zones))
            while True:
                self.port = free_port()
                if all(can_bind(self.port, f"127.0.0.{n}") for n in range(2, 12)):
                    break
            relay = {k: v.format(port=self.port) if isinstance(v, str) else v for k, v in self.relay.items()}
            config = {**settings.ALL_SERVICES, **settings.dns(self.dns.port), **settings.relay(self.port, **relay)}
            if self.signed:
                anchor = self.dns.sign("test.")
                config["resolver"]["trust_anchor"] = [anchor]
            self.server = make_server(config=config)
            self.stack.callback(self.server.close)
            self.server.start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *rest):
        self.stack.close()

    def host(self, last, **options):
        """A mail server on 127.0.0.LAST."""
        sink = self.stack.enter_context(Sink(f"127.0.0.{last}", self.port, **options))
        self.sinks[last] = sink
        return sink

    def zone(self, records):
        """Replaces test.: the whole internet of these tests."""
        self.dns.zone("test.", records)

    def submit(self, mark, *recipients, sender=ANNA, data=None):
        data = data or mail.message(mark, sender=sender, recipient=recipients[0])
        code, texts = mail.submit(self.server, data, sender, recipients, PASSWORD)
        assert code == 250, (code, texts)
        return data

    def reports(self, user=ANNA, count=1, seconds=30):
        """The delivery reports in a mailbox, parsed, once there are `count`."""
        def found():
            reports = [m for m in mail.mailbox(self.server, user, PASSWORD).values() if b"multipart/report" in m]
            return reports if len(reports) >= count else None
        return [Report(m) for m in wait_until(found, seconds, step=0.2, what=f"{count} delivery reports")]

    def no_reports(self, user=ANNA):
        return not [m for m in mail.mailbox(self.server, user, PASSWORD).values() if b"multipart/report" in m]

    def queue(self):
        return self.server.cli_json("queue", "list")

    def queue_empty(self, seconds=20):
        wait_until(lambda: not entries(self.queue()), seconds, step=0.2, what="empty queue")


def entries(listing):
    return listing if isinstance(listing, list) else next((v for v in listing.values() if isinstance(v, list)), [])


class Report:
    """A DSN taken apart by Python's own parser (RFC 3464)."""

    def __init__(self, data):
        self.raw = data
        self.message = email.message_from_bytes(data, policy=email.policy.default)
        parts = list(self.message.iter_parts())
        self.types = [p.get_content_type() for p in parts]
        status = parts[1].get_payload()
        self.about, self.recipients = status[0], {}
        for block in status[1:]:
            final = block["Final-Recipient"]
            self.recipients[final.split(";")[1].strip().lower()] = block
        self.text = parts[0].get_content()
        self.original = parts[2] if len(parts) > 2 else None

    def of(self, recipient):
        return self.recipients[recipient.lower()]
