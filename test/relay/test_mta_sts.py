"""MTA-STS for outbound mail (RFC 8461): a policy is learned by HTTPS, and nobody can make us forget it."""

import http.server
import ssl
import threading

import pytest
from relay.world import World, entries

from lib import pki
from lib.ports import can_bind, free_port
from lib.server import wait_until
from lib.sink import Sink

pytestmark = pytest.mark.ours

WEB = 20                    # 127.0.0.20 and up: web hosts


def policy(mode, mx, max_age=86400):
    return f"version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {max_age}\r\n".encode()


class Web:
    """The web host of one policy: answers with `status`, `type`, `content`; counts what it was asked."""

    def __init__(self, last, port, pair):
        self.status, self.type, self.content, self.headers = 200, "text/plain; charset=utf-8", b"", {}
        self.asked, self.chunked = [], False
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                web.asked.append((self.headers["Host"], self.path))
                self.send_response(web.status)
                self.send_header("Content-Type", web.type)
                for name, value in web.headers.items():
                    self.send_header(name, value)
                self.send_header(*(("Transfer-Encoding", "chunked") if web.chunked else ("Content-Length", str(len(web.content)))))
                self.end_headers()
                self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(web.content), web.content) if web.chunked else web.content)

            def log_message(self, *_):
                pass

        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*pair)
        self.server = http.server.ThreadingHTTPServer((f"127.0.0.{last}", port), Handler)
        self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.handle_error = lambda *_: None
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module")
def authority():
    made = pki.Authority()
    made.folder.chmod(0o755)
    yield made
    made.close()


class Sts(World):
    """One domain after the other, each with a web host of its own; hosts 2 (good certificate for every mx) and up."""

    def __init__(self, authority):
        while True:
            self.web_port = free_port()
            if all(can_bind(self.web_port, f"127.0.0.{n}") for n in range(WEB, WEB + 12)):
                break
        super().__init__(sts_port=self.web_port, authorities=str(authority.crt))
        self.authority, self.records, self.next_web = authority, {}, WEB

    def domain(self, name, last, content, identity="1", web_name=None):
        web = Web(self.next_web, self.web_port, self.authority.issue(web_name or f"mta-sts.{name}.test"))
        web.content = content
        self.stack.callback(web.close)
        self.records[name] = f"{name} 1 IN MX 10 mx.{name}.test.\nmx.{name} 1 IN A 127.0.0.{last}\nmta-sts.{name} 1 IN A 127.0.0.{self.next_web}\n"
        self.record(name, identity)
        self.next_web += 1
        return web

    def record(self, name, identity):
        """The TXT record; None: there is none."""
        txt = f'_mta-sts.{name} 1 IN TXT "v=STSv1; id={identity};"\n' if identity else ""
        self.records[f"_mta-sts.{name}"] = txt
        self.zone("".join(self.records.values()))

    def mail_host(self, last, **options):
        """Stands there as long as the block."""
        return Sink(f"127.0.0.{last}", self.port, **options)

    def held(self, recipient, attempts=1):
        def tried():
            return [e for e in entries(self.queue()) if e["recipient"] == recipient and e["attempts"] >= attempts]
        return wait_until(tried, 30, step=0.2, what="attempt")[0]


@pytest.fixture(scope="module")
def world(authority):
    with Sts(authority) as w:
        yield w


def test_a46_learned_and_kept(world, authority):
    """A46: a policy is learned; then its TXT record is hidden, its web host has gone bad, and somebody stands at the mail host with another
    certificate, later without TLS: the mail waits, and not a word of it is said to him. It goes when the right host is back."""
    web = world.domain("kept", 2, policy("enforce", "mx.kept.test"))
    with world.mail_host(2, pair=authority.issue("mx.kept.test")) as good:
        world.submit("sts-first", "a@kept.test")
        assert good.wait_for(1)[0].tls
    assert web.asked == [("mta-sts.kept.test", "/.well-known/mta-sts.txt")]
    web.status = 404
    world.record("kept", None)
    world.server.restart()                  # what is kept outlives the process, and the DNS cache is gone
    for options in ({"pair": authority.self_signed("mx.kept.test")}, {"pair": authority.issue("mx.other.test")}, {"tls": False}):
        with world.mail_host(2, **options) as bad:
            recipient = f"b{len(str(options))}@kept.test"
            world.submit("sts-hidden", recipient)
            world.held(recipient, attempts=2)
            assert not bad.mails
    with world.mail_host(2, pair=(authority.folder / "mx.kept.test.30.chain", authority.folder / "mx.kept.test.30.key")) as good:
        got = good.wait_for(3, 40)
        assert all(m.tls for m in got)


def test_another_mx_is_passed_over(world, authority):
    """Section 4.1: a host that the policy does not list gets nothing, though its certificate is good; the queue says why."""
    world.domain("unlisted", 3, policy("enforce", "*.elsewhere.test"))
    with world.mail_host(3, pair=authority.issue("mx.unlisted.test")) as sink:
        world.submit("sts-unlisted", "a@unlisted.test")
        assert "MTA-STS" in world.held("a@unlisted.test")["error"]
        assert not sink.mails


@pytest.mark.parametrize("name,mode", [("testing", "testing"), ("nothing", "none")])
def test_modes_that_deliver(world, authority, name, mode):
    """Section 5: testing and none hold nothing back, whatever host and certificate."""
    web = world.domain(name, 4, policy(mode, "mx.elsewhere.test"))
    web.chunked = True
    with world.mail_host(4, pair=authority.self_signed(f"mx.{name}.test")) as sink:
        world.submit(f"sts-{name}", f"a@{name}.test")
        assert sink.wait_for(1)[0].recipients == [f"a@{name}.test"]
    assert len(web.asked) == 1


def redirect(web):
    web.status, web.headers = 301, {"Location": "/other"}


def html(web):
    web.type = "text/html"


def huge(web):
    web.content += b"x: " + b"y" * (64 << 10) + b"\r\n"


def spoilt(web):
    web.content = b"version: STSv1\r\nmode: enforce\r\n"


@pytest.mark.parametrize("name,spoil", [("redirect", redirect), ("html", html), ("huge", huge), ("spoilt", spoilt), ("wrongname", None)])
def test_a46_not_learned(world, authority, name, spoil):
    """A46, section 3.3: a redirect, another type, more than 64 KiB, a file that is no policy, a certificate of another name at the fetch: there
    is no policy then, and mail goes as to any domain (section 10.2)."""
    web = world.domain(name, 5, policy("enforce", "mx.elsewhere.test"), web_name=None if spoil else "mta-sts.somebody.test")
    if spoil:
        spoil(web)
    with world.mail_host(5, pair=authority.self_signed(f"mx.{name}.test")) as sink:
        world.submit(f"sts-{name}", f"a@{name}.test")
        assert sink.wait_for(1)[0].recipients == [f"a@{name}.test"]
    assert len(web.asked) == (1 if spoil else 0)


def test_new_id_is_a_new_policy(world, authority):
    """Section 3.1: another id in the TXT record: the policy is fetched anew, and what waited under the old one goes."""
    web = world.domain("changed", 6, policy("enforce", "mx.old.test"))
    with world.mail_host(6, pair=authority.issue("mx.changed.test")) as sink:
        world.submit("sts-changed", "a@changed.test")
        world.held("a@changed.test")
        web.content = policy("enforce", "mx.changed.test")
        world.record("changed", "2")
        assert sink.wait_for(1, 40)[0].tls
    assert len(web.asked) == 2
