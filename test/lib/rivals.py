"""Postfix and Dovecot from Debian with configurations of our own, below a temporary folder, on high loopback ports.

They serve two ends: `./dev bench` measures them in the same run as Ceralacca, and with CERALACCA_TEST_SERVER=rivals the
tests of real clients run against them, so that a test that fails can be told from a server that fails. Needs root."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from . import server as ours
from .sink import certificate

DOVECOT = """
base_dir = {dir}/dovecot/run
state_dir = {dir}/dovecot/state
instance_name = {name}
listen = 127.0.0.1
protocols = imap lmtp
log_path = {dir}/dovecot/log
disable_plaintext_auth = no
auth_mechanisms = plain login
ssl = yes
ssl_cert = <{dir}/crt
ssl_key = <{dir}/key
mail_location = {format}:{dir}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
# its default: a delivered message is flushed before LMTP answers
mail_fsync = optimized
mailbox_list_index = yes
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={dir}/mail/%u
}}
namespace inbox {{
  inbox = yes
}}
# processes that serve many sessions: faster than the default of one process a log-in
service imap-login {{
  service_count = 0
  process_min_avail = 2
  process_limit = 100
  client_limit = 5000
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  service_count = 256
  process_min_avail = 2
  process_limit = 4000
}}
service lmtp {{
  process_min_avail = 2
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  client_limit = 20000
  unix_listener {dir}/postfix/spool/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service anvil {{
  client_limit = 20000
}}
service stats {{
  client_limit = 20000
}}
"""

MAIN_CF = """
compatibility_level = 3.7
queue_directory = {dir}/postfix/spool
data_directory = {dir}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {dir}/postfix/maillog
maillog_file_prefixes = {dir}
mail_owner = postfix
setgid_group = postdrop
myhostname = {hostname}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_helo_required = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {dir}/crt
smtpd_tls_key_file = {dir}/key
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = hash:{dir}/postfix/conf/boxes
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
"""

MASTER_CF = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes
127.0.0.1:{submissions} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing():
    """What keeps the rivals from running here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp"):
        if not os.access(program, os.X_OK):
            return f"{program} is not installed"
    return None


class Rivals(ours.Server):
    """The interface of Server, as far as client tests and the benchmark use it."""

    def __init__(self, *, format="sdbox", hostname=ours.HOSTNAME, domain=ours.DOMAIN, config=None, **ignored):
        super().__init__(hostname=hostname, domain=domain)
        self.format, self.users = format, {}
        self.started = False

    def init(self):
        if self.inited:
            return
        f = self.folder
        for sub in ("dovecot/run", "dovecot/state", "mail", "postfix/conf", "postfix/spool", "postfix/data"):
            (f / sub).mkdir(parents=True, exist_ok=True)
        shutil.chown(f / "mail", "mail", "mail")
        shutil.chown(f / "postfix/data", "postfix")
        crt, key = certificate()
        shutil.copy(crt, f / "crt")
        shutil.copy(key, f / "key")
        p = self.ports
        values = dict(dir=f, name=f"bench-{p.base}", hostname=self.hostname, domain=self.domain, format=self.format,
                      smtp=p.smtp, submission=p.submission, submissions=p.submissions, lmtp=p.lmtp, imap=p.imap, imaps=p.imaps)
        (f / "dovecot/conf").write_text(DOVECOT.format(**values))
        (f / "postfix/conf/main.cf").write_text(MAIN_CF.format(**values))
        (f / "postfix/conf/master.cf").write_text(MASTER_CF.format(**values))
        for name in ("dynamicmaps.cf", "postfix-files", "dynamicmaps.cf.d", "postfix-files.d"):
            source = Path("/etc/postfix") / name
            if source.is_dir():
                shutil.copytree(source, f / "postfix/conf" / name)
            elif source.exists():
                shutil.copy(source, f / "postfix/conf" / name)
        self.inited = True
        self._write_users()

    def _write_users(self):
        (self.folder / "users").write_text("".join(f"{a}:{{PLAIN}}{p}\n" for a, p in self.users.items()))
        (self.folder / "postfix/conf/boxes").write_text("".join(f"{a} x\n" for a in self.users))
        subprocess.run(["/usr/sbin/postmap", "-c", self.folder / "postfix/conf", f"hash:{self.folder}/postfix/conf/boxes"], check=True)

    def add_user(self, name, password=ours.PASSWORD, *options):
        return self.add_users([name], password)[0]

    def add_users(self, names, password=ours.PASSWORD):
        addresses = [n if "@" in n else f"{n}@{self.domain}" for n in names]
        self.users.update((a, password) for a in addresses)
        self._write_users()
        return addresses

    def configure(self, extra):
        pass

    def start(self, wait=True, seconds=ours.START_SECONDS):
        # Postfix first: it makes the folder of the socket where Dovecot answers it
        self._start("/usr/sbin/postfix", "-c", self.folder / "postfix/conf", "start")
        self.started = True
        self._start("/usr/sbin/dovecot", "-c", self.folder / "dovecot/conf")
        self.wait(seconds)
        return self

    def _start(self, *command):
        # to a file: a daemon would keep a pipe open for ever
        with open(self.log_path, "ab") as log:
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=30,
                           preexec_fn=self.preexec)

    def wait(self, seconds=ours.START_SECONDS):
        from .wire import Imap, Smtp

        def answers():
            try:
                Smtp(self.ports.smtp).close()
                Imap(self.ports.imap).close()
                return True
            except OSError:
                return False
        ours.wait_until(answers, seconds, what="Postfix and Dovecot answer")

    def _masters(self):
        found = []
        for path in ("postfix/spool/pid/master.pid", "dovecot/run/master.pid"):
            try:
                found.append(int((self.folder / path).read_text().split()[0]))
            except (OSError, ValueError, IndexError):
                continue
        return found

    def pids(self):
        return [pid for master in self._masters() for pid in ours.descendants(master)]

    def stop(self, seconds=ours.STOP_SECONDS):
        pids = self.pids()
        for master in self._masters():
            self._signal(master, signal.SIGTERM)
        self.started = False
        self._reap(pids)
        return 0

    def restart(self):
        self.stop()
        time.sleep(0.5)
        return self.start()

    def close(self):
        try:
            if self.started:
                self.stop()
        finally:
            super().close()

    def log(self):
        return "".join(p.read_text(errors="replace") for p in (self.log_path, self.folder / "postfix/maillog", self.folder / "dovecot/log")
                       if p.exists())
