"""Passwords from the outside: policy, ages, one-time links, hashes of other servers, the audit log; A68, A69, A83 with numbers."""

import base64
import json
import random
import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.server import PASSWORD, run, wait_until
from lib.wire import Closed, ImapError, Imap, Smtp, imap_login

OTHER = "Green-Pot+Fog-512"
THIRD = "Brown-Jar+Dew-913"
DOVECOT_HASHES = {      # of "Korrekt-Pferd 9"
    "ssha": "{SSHA}TFSmTswkvTAox/U3dL1QJx13Eq7/LYxF",
    "bcrypt": "{BLF-CRYPT}$2y$05$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa",
    "sha512": "{SHA512-CRYPT}$6$Izq9cg.yHgI3qsGK$dwkwoL8mpM9.HBanNjgfwR9GzTTrpMeKvxWrskFDY9OMqGfyKf4RnwWEB/pROU8RecY/Uj4zBRQHB6Gk4Sl.41",
    "pbkdf2": "{PBKDF2}$1$cA2Y.4avvR/XNf3u$5000$4f55dc1e75e4f0c790c6a85a14653fe1606d2638",
    "argon2": "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$pC8FANFfyPMU/D7qOeWeqw$ahO8b2c035S5+N/USoZ7gHojco2F93R1P/5m9iuxNQ8",
}


def passwd(server, user, password, *options, check=True):
    return server.cli("user", "passwd", f"{user}@{server.domain}", "--password-stdin", *options, input=password + "\n", check=check)


def signs_in(server, user, password):
    """OK, or the server's answer."""
    try:
        imap_login(server.ports, f"{user}@{server.domain}", password).close()
        return "OK"
    except ImapError as e:
        return str(e)


def submission(server, user, password):
    text = base64.b64encode(f"\0{user}@{server.domain}\0{password}".encode()).decode()
    with Smtp(server.ports.submissions, tls=True) as client:
        client.command("EHLO client.example.test")
        return client.command(f"AUTH PLAIN {text}")


# ---- policy

@pytest.mark.parametrize("password, word", [
    ("short", "at least 12"), ("abcdefghijklmnop", "plain row"), ("Password2024!", "stolen"), ("aaaaaaaaaaaaaaaa", "few different"),
    ("xylem anna@example 77", "name or word"),
])
def test_weak_ones_are_refused(server, password, word):
    done = passwd(server, "anna", password, check=False)
    assert done.returncode == 1 and word in done.stderr
    assert signs_in(server, "anna", PASSWORD) == "OK"
    done = server.cli("user", "add", f"new@{server.domain}", "--password-stdin", input=password + "\n", check=False)
    assert done.returncode == 1
    assert not any(u["address"].startswith("new@") for u in server.cli_json("user", "list"))


def test_init_checks_too(server):
    """A first administrator with a weak password: nothing is made."""
    folder = server.folder / "weak"
    done = run(server.program, "init", "-d", folder, "--hostname", "m.example.test", "--domain", "example.test", "--password-stdin",
               input="Password2024!\n", check=False)
    assert done.returncode == 1 and not (folder / "version").exists()


def test_policy_by_domain(server):
    server.cli("domain", "add", "strict.test")
    server.cli("policy", "set", "strict.test", "length=24", "company=Kettenwerk", "word=Rosengarten")
    assert server.cli_json("policy", "show", "strict.test")["rules"]["length"] == 24
    assert server.cli_json("policy", "show", server.domain)["scope"] == "default"
    test = ["policy", "test", "x@strict.test", "--password-stdin", "--json"]
    done = server.cli(*test, input="Kettenwerk-Boot 12\n", check=False)
    assert done.returncode == 1
    assert {r["fault"] for r in json.loads(done.stdout)["reasons"]} == {"too-short", "has-word"}
    done = server.cli(*test, input="netragnesor on a long road 5\n", check=False)      # backwards
    assert {r["fault"] for r in json.loads(done.stdout)["reasons"]} == {"has-word"}
    assert server.cli(*test, input="Blue lamps over the wide harbour 5\n").returncode == 0
    server.cli("policy", "remove", "strict.test")
    assert server.cli_json("policy", "show", "strict.test")["rules"]["length"] == 12
    assert server.cli("policy", "set", "strict.test", "nosuch=1", check=False).returncode == 1
    assert server.cli("policy", "set", "strict.test", "length=1000", check=False).returncode == 1


def test_nist_has_no_classes_and_no_age(server):
    server.cli("domain", "add", "nist.test")
    shown = json.loads(server.cli("policy", "set", "nist.test", "profile=nist", "--json").stdout)["rules"]
    assert (shown["length"], shown["classes"], shown["maximum-age"], shown["not-breached"]) == (15, 0, 0, 1)
    server.cli("user", "add", "n@nist.test", "--password-stdin", input="all lower case letters\n")


def test_history_and_near_copies(server):
    server.add_user("hist", "Red-Lamp+Oak-17")
    for old in ("Red-Lamp+Oak-17", "Red-Lamp+Oak-18", "red-Lamp+Oak-17", "Red-Lamp+Oak-171"):
        assert "used before" in passwd(server, "hist", old, check=False).stderr, old
    passwd(server, "hist", OTHER)
    assert "used before" in passwd(server, "hist", "Red-Lamp+Oak-17", check=False).stderr
    passwd(server, "hist", THIRD)


def test_own_list_of_breached(server):
    """Passwords, and ranges as the k-anonymity service gives them."""
    import hashlib
    words = server.folder / "words"
    words.write_text("Walnut-Door+Sun-33\n")
    try:
        server.cli("policy", "breached", words)
        assert server.cli_json("policy", "show")["breached_list"] == "own"
        assert "stolen" in passwd(server, "anna", "Walnut-Door+Sun-33", check=False).stderr
        ranges = server.folder / "ranges"
        ranges.mkdir()
        digest = hashlib.sha1(b"Cherry-Gate+Moon-44").hexdigest().upper()
        (ranges / digest[:5]).write_text(f"{digest[5:]}:7\r\n{'0' * 35}:0\r\n")
        server.cli("policy", "breached", ranges)
        assert "stolen" in passwd(server, "anna", "Cherry-Gate+Moon-44", check=False).stderr
        assert "stolen" not in passwd(server, "anna", "Walnut-Door+Sun-33", "--must-change", check=False).stderr
    finally:
        passwd(server, "anna", "Walnut-Door+Rain-55")


# ---- ages and forced change

def test_A69_must_change_opens_nothing(server):
    address = server.add_user("forced")
    with imap_login(server.ports, address, PASSWORD) as client:
        client.command("SELECT INBOX")
        server.cli("user", "expire", address)
        with pytest.raises((Closed, ImapError)):        # what is signed in now ends
            for _ in range(50):
                client.command("NOOP")
                time.sleep(0.1)
    said = signs_in(server, "forced", PASSWORD)
    assert "[EXPIRED]" in said and "must be changed" in said
    code, *text = submission(server, "forced", PASSWORD)[:2]
    assert code == 535 and b"must be changed" in repr(text).encode()
    assert "AUTHENTICATIONFAILED" in signs_in(server, "forced", "Wrong-Wax+Seal-1")        # nobody else learns of it
    server.cli("user", "change-password", address, "--password-stdin", input=f"{PASSWORD}\n{OTHER}\n")
    assert signs_in(server, "forced", OTHER) == "OK"


def test_expired_and_warned(server):
    server.cli("domain", "add", "old.test")
    server.cli("user", "add", "o@old.test", "--password-stdin", input=PASSWORD + "\n")
    server.cli("policy", "set", "old.test", "maximum-age=10d", "warning=14d")
    with Imap(server.ports.imaps, tls=True) as client:
        lines = client.command(f'LOGIN o@old.test "{PASSWORD}"')
        assert b"[ALERT] Your password expires in 10 days" in repr(lines).encode()
    with imap_login(server.ports, "o@old.test", PASSWORD) as client:           # and a mail, one, although she signed in twice
        wait_until(lambda: b"MESSAGES 1" in repr(client.command("STATUS INBOX (MESSAGES)")).encode(), what="the warning has come")
        time.sleep(0.5)
        assert b"MESSAGES 1" in repr(client.command("STATUS INBOX (MESSAGES)")).encode()
        client.command("SELECT INBOX")
        text = repr(client.command("FETCH 1 (ENVELOPE BODY.PEEK[])"))
        assert "Your password expires in 10 days" in text and "auto-generated" in text
    server.cli("policy", "set", "old.test", f"change-before={int(time.time()) + 5}")
    with pytest.raises(ImapError, match="EXPIRED"):
        imap_login(server.ports, "o@old.test", PASSWORD)


def test_minimum_age_binds_the_owner_only(server):
    server.cli("domain", "add", "young.test")
    server.cli("policy", "set", "young.test", "minimum-age=1d")
    server.cli("user", "add", "y@young.test", "--password-stdin", input=PASSWORD + "\n")
    done = server.cli("user", "change-password", "y@young.test", "--password-stdin", input=f"{PASSWORD}\n{OTHER}\n", check=False)
    assert done.returncode == 1 and "a short time ago" in done.stderr
    server.cli("user", "passwd", "y@young.test", "--password-stdin", input=OTHER + "\n")


# ---- one-time links

def reset(server, address, *hours):
    return json.loads(server.cli("user", "reset", address, *hours, "--json").stdout)


def redeem(server, token, password, check=True):
    return server.cli("user", "redeem", token, "--password-stdin", input=password + "\n", check=check)


def test_A83_reset(server):
    """Link from the configured name; long; good once; a newer one ends the older; what is signed in elsewhere ends."""
    address = server.add_user("lost")
    first, second = reset(server, address), reset(server, address)
    assert second["url"] == f"https://{server.hostname}/reset#{second['token']}"
    assert len(second["token"]) == 43 and first["token"] != second["token"]
    assert redeem(server, first["token"], OTHER, check=False).returncode == 1
    weak = redeem(server, second["token"], "Password2024!", check=False)
    assert weak.returncode == 1 and "not accepted" in weak.stderr               # and the link is still good
    with imap_login(server.ports, address, PASSWORD) as client:
        client.command("SELECT INBOX")
        redeem(server, second["token"], OTHER)
        with pytest.raises((Closed, ImapError)):
            for _ in range(50):
                client.command("NOOP")
                time.sleep(0.1)
    assert redeem(server, second["token"], THIRD, check=False).returncode == 1
    assert signs_in(server, "lost", OTHER) == "OK" and signs_in(server, "lost", PASSWORD) != "OK"
    # the token stands nowhere: neither in the log nor in the audit log
    assert second["token"] not in server.log() + server.cli("log", "audit", "--json").stdout


def test_A83_guesses_are_slow(server):
    """256 bits, and after a few tries four seconds for each: 10,000 guesses take eleven hours."""
    took = []
    for n in range(6):
        start = time.monotonic()
        assert redeem(server, "A" * 42 + str(n), OTHER, check=False).returncode == 1
        took.append(time.monotonic() - start)
    assert took[-1] >= 4 and took[0] >= 0.25


# ---- other servers' hashes

@pytest.mark.parametrize("name", DOVECOT_HASHES)
def test_imported_hash(server, name):
    """Signs in, and is ours from then on."""
    address = f"{name}@{server.domain}"
    server.cli("user", "add", address, "--password-hash", DOVECOT_HASHES[name])
    assert "AUTHENTICATIONFAILED" in signs_in(server, name, "Korrekt-Pferd 8")
    assert signs_in(server, name, "Korrekt-Pferd 9") == "OK"
    if name != "argon2":
        wait_until(lambda: re.search(rf"auth.rehash user={address} error=ok", server.log()), what="made anew")
    assert signs_in(server, name, "Korrekt-Pferd 9") == "OK"


@pytest.mark.parametrize("hash", ["{PLAIN}secret", "secret", "$2y$31$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa"])
def test_hash_that_is_not_taken(server, hash):
    assert server.cli("user", "add", f"no@{server.domain}", "--password-hash", hash, check=False).returncode == 1


# ---- the audit log

def test_every_act_is_in_the_log(server):
    before = len(server.cli_json("log", "audit"))
    address = f"logged@{server.domain}"
    env = {"SSH_CONNECTION": "192.0.2.77 5000 192.0.2.1 22"}
    server.cli("domain", "add", "logged.test", env=env)
    server.cli("user", "add", address, "--password-stdin", "--admin", input=PASSWORD + "\n", env=env)
    for act in (["lock"], ["unlock"], ["expire"], ["reset"]):
        server.cli("user", *act, address, env=env)
    server.cli("user", "quota", address, "1000000", env=env)
    passwd(server, "logged", OTHER)
    server.cli("alias", "add", f"al@{server.domain}", address, env=env)
    server.cli("alias", "delete", f"al@{server.domain}", env=env)
    server.cli("domain", "catchall", "logged.test", address, env=env)
    server.cli("policy", "set", "logged.test", "length=13", env=env)
    server.cli("user", "delete", address, env=env)
    server.cli("domain", "delete", "logged.test", check=False)
    entries = server.cli_json("log", "audit")[before:]
    acts = [e["act"] for e in entries]
    assert acts[:13] == ["domain.add", "account.add", "account.lock", "account.unlock", "account.expire", "account.reset", "account.quota",
                         "account.passwd", "alias.add", "alias.delete", "domain.catchall", "policy.set", "account.delete"]
    assert entries[1]["from"] == "192.0.2.77" and entries[1]["by"].startswith("cli:") and entries[1]["target"] == address
    assert [e["number"] for e in entries] == list(range(before + 1, before + 1 + len(entries)))
    # what was refused is not there
    assert server.cli("user", "lock", "nobody@example.test", check=False).returncode == 1
    assert len(server.cli_json("log", "audit")) == before + len(entries)
    # nothing secret is
    assert PASSWORD not in json.dumps(entries) and "argon2id$" not in json.dumps(entries)
    assert len(server.cli_json("log", "audit", str(before + 1))) == len(entries)


def test_the_chain_is_verified(server):
    whole = server.cli_json("log", "verify")
    assert whole["ok"] and whole["entries"] > 3
    entry = server.cli_json("log", "audit")[2]
    assert server.cli("log", "verify", str(entry["number"]), entry["hash"]).returncode == 0
    other = "0" * 64
    done = server.cli("log", "verify", str(entry["number"]), other, check=False)
    assert done.returncode == 1 and "written anew" in done.stdout
    done = server.cli("log", "verify", str(whole["entries"] + 50), other, check=False)
    assert done.returncode == 1 and "shorter" in done.stdout
    assert f"hash={whole['hash']}" in server.log()              # noted outside the store too


# ---- lock-out and enumeration

def fail(server, name, number):
    """Seconds until a wrong password is answered."""
    with Imap(server.ports.imaps, tls=True) as client:
        start = time.monotonic()
        with pytest.raises(ImapError):
            client.command(f'LOGIN {name}@{server.domain} "Wrong-Wax+Seal-{number}"')
        return time.monotonic() - start


def test_an_attacker_locks_nobody_out(server):
    """After 30 wrong passwords for her name, hers opens at once."""
    server.add_user("target")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda n: fail(server, "target", n), range(30)))
    start = time.monotonic()
    assert signs_in(server, "target", PASSWORD) == "OK"
    assert time.monotonic() - start < 1


def test_A68_known_and_unknown_take_as_long(server):
    """200 tries each, names of all kinds of hash against names that are not there: medians within 10 %, one text."""
    kinds = list(DOVECOT_HASHES.values())
    known = [f"k{n}" for n in range(200)]
    for n, name in enumerate(known):
        server.cli("user", "add", f"{name}@{server.domain}", "--password-hash", kinds[n % len(kinds)])
    tries = [(name, True) for name in known] + [(f"u{n}", False) for n in range(200)]
    random.shuffle(tries)
    with ThreadPoolExecutor(6) as pool:
        took = list(pool.map(lambda t: (t[1], fail(server, t[0], 1)), tries))
    a, b = (statistics.median(s for k, s in took if k == which) for which in (True, False))
    print(f"known {a * 1000:.1f} ms, unknown {b * 1000:.1f} ms")
    assert abs(a - b) < 0.1 * max(a, b)
    texts = {signs_in(server, name, "x").split(": ", 1)[1] for name in ("k0", "u0")}
    assert len(texts) == 1, texts
