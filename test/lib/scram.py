"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), one message at a time."""

import base64
import hashlib
import hmac
import secrets


def _mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


class Client:
    """flag: the gs2-cbind-flag; binding: the bytes that go with "p=..."."""

    def __init__(self, user, password, flag="n", binding=b""):
        self.password, self.binding = password.encode(), binding
        self.header = f"{flag},,".encode()
        self.nonce = secrets.token_urlsafe(18)
        self.bare = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}".encode()
        self.server_signature = None

    def first(self):
        return self.header + self.bare

    def final(self, challenge):
        parts = dict(p.split("=", 1) for p in challenge.decode().split(","))
        assert parts["r"].startswith(self.nonce) and len(parts["r"]) > len(self.nonce)
        self.salt = base64.b64decode(parts["s"], validate=True)
        salted = hashlib.pbkdf2_hmac("sha256", self.password, self.salt, int(parts["i"]))
        without_proof = b"c=" + base64.b64encode(self.header + self.binding) + b",r=" + parts["r"].encode()
        said = self.bare + b"," + challenge + b"," + without_proof
        key = _mac(salted, b"Client Key")
        signature = _mac(hashlib.sha256(key).digest(), said)
        self.server_signature = _mac(_mac(salted, b"Server Key"), said)
        return without_proof + b",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature)))

    def believes(self, message):
        return message == b"v=" + base64.b64encode(self.server_signature)
