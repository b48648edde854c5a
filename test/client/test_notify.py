"""NOTIFY (RFC 5465): another session's doings are told at once, outside any command and in IDLE."""

import re

import pytest
from client.tools import CARLA

from lib import mail
from lib.server import PASSWORD
from lib.wire import imap_login

EVENTS = "(MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)"


@pytest.fixture(params=["between", "idle"])
def pair(server, request):
    """A session that is told, one that acts, and a mailbox of their own."""
    told, actor = imap_login(server.ports, CARLA, PASSWORD), imap_login(server.ports, CARLA, PASSWORD)
    box = f"Notify-{request.param}"
    actor.command(f"CREATE {box}")
    told.command(f"NOTIFY SET (subtree {box} {EVENTS})")
    if request.param == "idle":
        told.start("IDLE")
        assert told.response()[0].startswith(b"+")
    yield told, actor, box
    told.close()
    actor.close()


def heard(told, pattern):
    told.socket.settimeout(5)
    text = told.response()[0].decode()
    assert re.search(pattern, text), text


def test_messages_and_names(pair):
    told, actor, box = pair
    actor.append(box, mail.message("one"))
    heard(told, rf"STATUS {box} \(MESSAGES 1 UIDNEXT 2 .*UNSEEN 1")
    actor.command(f"SELECT {box}")
    actor.command("STORE 1 +FLAGS (\\Seen \\Deleted)")
    heard(told, rf"STATUS {box} \(.*UNSEEN 0 .*HIGHESTMODSEQ")
    actor.command("CLOSE")
    heard(told, rf"STATUS {box} \(MESSAGES 0 ")
    actor.command(f"CREATE {box}/below")
    heard(told, rf'LIST \(\) "/" {box}/below$')
    actor.command(f"SUBSCRIBE {box}/below")
    heard(told, rf'LIST \(\\Subscribed\) "/" {box}/below$')
    actor.command(f"RENAME {box}/below {box}/other")
    heard(told, rf'LIST \(\\Subscribed\) "/" {box}/other \("OLDNAME" \({box}/below\)\)')
    actor.append(f"{box}/other", mail.message("two"))
    heard(told, rf"STATUS {box}/other \(MESSAGES 1 ")
    actor.command(f"DELETE {box}/other")
    heard(told, rf'LIST \(\\NonExistent\) "/" {box}/other$')


def test_none_ends_it(server):
    with imap_login(server.ports, CARLA, PASSWORD) as told, imap_login(server.ports, CARLA, PASSWORD) as actor:
        told.command("NOTIFY SET (personal (MessageNew MessageExpunge))")
        told.command("NOTIFY NONE")
        actor.append("INBOX", mail.message("quiet"))
        assert told.silent(0.5)
        assert told.try_command("NOTIFY SET (personal (MailboxMetadataChange))")[0].startswith(b"NO [BADEVENT")
