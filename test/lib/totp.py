"""One-time passwords as an authenticator app makes them (RFC 6238), written from the RFC so that two implementations meet."""

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30


def code(secret, steps=0, at=None):
    """The six digits for the base32 secret, `steps` periods from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = int((time.time() if at is None else at) // PERIOD) + steps
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 1000000:06}"
