"""Programs that send: swaks, curl, msmtp, neomutt, smtplib. What they send arrives byte for byte."""

import base64
import smtplib
import ssl
from email.message import EmailMessage

import pytest
from client.tools import ANNA, BRUNO, arrived, certificate, run

from lib import mail
from lib.server import PASSWORD
from lib.wire import tls_context


def login(user=ANNA):
    return ["--auth", "PLAIN", "--auth-user", user, "--auth-password", PASSWORD]


@pytest.mark.parametrize("way,options", [
    ("smtp", ["--port", "{smtp}"]),
    ("smtp-starttls", ["--port", "{smtp}", "--tls"]),
    ("submission", ["--port", "{submission}", "--tls"] + login()),
    ("submissions", ["--port", "{submissions}", "--tls-on-connect"] + login()),
    ("auth-login", ["--port", "{submissions}", "--tls-on-connect", "--auth", "LOGIN"] + login()[2:]),
    ("no-pipelining-helo", ["--port", "{smtp}", "--protocol", "SMTP"]),
    ("pipelining", ["--port", "{smtp}", "--pipeline"]),
])
def test_swaks(server, way, options):
    filled = [o.format(**{n: getattr(server.ports, n) for n in ("smtp", "submission", "submissions")}) for o in options]
    run("swaks", "--server", "127.0.0.1", "--from", ANNA if "sub" in way or "auth" in way else "s@outside.test", "--to", BRUNO,
        "--ehlo", "client.example", "--header", f"Subject: swaks {way}", "--body", f"by swaks-{way}-", "--suppress-data", *filled)
    assert f"Subject: swaks {way}".encode() in arrived(server, f"swaks-{way}-")


@pytest.mark.ours
def test_swaks_sees_a_refused_relay(server):
    """A21: a relay attempt without a login; swaks exits with 24 when no recipient is accepted."""
    run("swaks", "--server", "127.0.0.1", "--port", server.ports.smtp, "--from", "s@outside.test", "--to", "x@elsewhere.test",
        "--ehlo", "client.example", statuses=(24,))


@pytest.mark.parametrize("url", ["smtps://127.0.0.1:{submissions}", "smtp://127.0.0.1:{submission}"])
def test_curl(server, tmp_path, url):
    mark = f"curl-{url.partition(':')[0]}-"
    data = mail.message(mark, sender=ANNA, recipient=BRUNO, size=20000)
    (tmp_path / "m").write_bytes(data)
    run("curl", "-sS", "--insecure", "--ssl-reqd", "--url", url.format(submission=server.ports.submission,
        submissions=server.ports.submissions), "--user", f"{ANNA}:{PASSWORD}", "--mail-from", ANNA, "--mail-rcpt", BRUNO,
        "--upload-file", tmp_path / "m")
    assert arrived(server, mark).endswith(data)


@pytest.mark.parametrize("implicit", [True, False])
def test_msmtp(server, tmp_path, implicit):
    mark = f"msmtp-{implicit}"
    data = mail.message(mark, sender=ANNA, recipient=BRUNO)
    run("msmtp", "--file=/dev/null", "--host=127.0.0.1", f"--port={server.ports.submissions if implicit else server.ports.submission}",
        "--tls=on", f"--tls-starttls={'off' if implicit else 'on'}", "--tls-certcheck=off", "--auth=on", f"--user={ANNA}",
        f"--passwordeval=echo '{PASSWORD}'", f"--from={ANNA}", BRUNO, input=data)
    assert arrived(server, mark).endswith(data)


def test_neomutt_attachment(server, tmp_path):
    """A mail with a file, an umlaut in its subject, composed and sent by neomutt."""
    (tmp_path / "rc").write_text(f"""
set from = "{ANNA}"
set smtp_url = "smtps://{ANNA.replace('@', '%40')}@127.0.0.1:{server.ports.submissions}/"
set smtp_pass = "{PASSWORD}"
set ssl_verify_host = no
set ssl_verify_dates = no
set certificate_file = {certificate(server, tmp_path / 'crt')}
set copy = no
set hostname = client.example
""")
    attachment = bytes(range(256)) * 40
    (tmp_path / "seal.bin").write_bytes(attachment)
    run("neomutt", "-n", "-F", tmp_path / "rc", "-s", "neomutt-attachment für Bruno", "-a", tmp_path / "seal.bin", "--", BRUNO,
        input="See the file.\n.\n..two\n".encode())
    from email import policy
    from email.parser import BytesParser
    message = BytesParser(policy=policy.default).parsebytes(arrived(server, "neomutt-attachment"))
    assert message["Subject"] == "neomutt-attachment für Bruno"
    parts = list(message.iter_attachments())
    assert [p.get_content() for p in parts] == [attachment]
    assert "\n..two" in message.get_body().get_content()


class TestSmtplib:
    def connect(self, server, implicit=True):
        if implicit:
            client = smtplib.SMTP_SSL("127.0.0.1", server.ports.submissions, context=tls_context())
        else:
            client = smtplib.SMTP("127.0.0.1", server.ports.submission)
            client.starttls(context=tls_context())
        client.login(ANNA, PASSWORD)
        return client

    @pytest.mark.parametrize("implicit", [True, False])
    def test_multipart(self, server, implicit):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = ANNA, BRUNO, f"smtplib-multipart-{implicit} è"
        message.set_content("plain text\n")
        message.add_alternative("<p>rich text</p>", subtype="html")
        message.add_attachment(b"\0\1\2" * 1000, maintype="application", subtype="octet-stream", filename="ceralacca.bin")
        with self.connect(server, implicit) as client:
            assert client.send_message(message) == {}
        assert base64.b64encode(b"\0\1\2" * 10)[:30] in arrived(server, f"smtplib-multipart-{implicit}")

    def test_several_recipients_and_messages(self, server):
        with self.connect(server) as client:
            for number in range(3):
                data = mail.message(f"smtplib-several-{number}", sender=ANNA)
                assert client.sendmail(ANNA, [BRUNO, "carla@example.test"], data) == {}
        for user in (BRUNO, "carla@example.test"):
            for number in range(3):
                arrived(server, f"smtplib-several-{number}", user)

    def test_one_bad_recipient(self, server):
        with self.connect(server) as client:
            refused = client.sendmail(ANNA, [BRUNO, "nobody-here@example.test"], mail.message("smtplib-partial", sender=ANNA))
        assert list(refused) == ["nobody-here@example.test"] and refused["nobody-here@example.test"][0] == 550
        arrived(server, "smtplib-partial")

    def test_wrong_password(self, server):
        with smtplib.SMTP_SSL("127.0.0.1", server.ports.submissions, context=tls_context()) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError) as e:
                client.login(ANNA, "not the password")
            assert e.value.smtp_code == 535

    @pytest.mark.ours
    def test_a25_sender_of_somebody_else(self, server):
        """A25: anna signed in, bruno as envelope sender or in From."""
        with self.connect(server) as client:
            with pytest.raises(smtplib.SMTPException):
                client.sendmail(BRUNO, [ANNA], mail.message("spoof-envelope", sender=BRUNO))
        with self.connect(server) as client:
            with pytest.raises(smtplib.SMTPException):
                client.sendmail(ANNA, [BRUNO], mail.message("spoof-from", sender=BRUNO))

    def test_tls_versions(self, server):
        for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            context = tls_context()
            context.minimum_version = context.maximum_version = version
            with smtplib.SMTP_SSL("127.0.0.1", server.ports.submissions, context=context) as client:
                assert client.ehlo()[0] == 250, version
