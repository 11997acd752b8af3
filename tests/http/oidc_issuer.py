"""An OpenID Connect provider on a real socket: publishes keys, signs tokens, and misbehaves on request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "beleidswijzer"
PrivateKey = RSAPrivateKey | ec.EllipticCurvePrivateKey


class Issuer:
    """What the provider knows and how it behaves; everything may be changed while it runs."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: dict[str, PrivateKey] = {"eerste": new_rsa()}
        self.asked: list[str] = []
        self.claimed_issuer: str | None = None  # in the discovery document, instead of its own
        self.status = 200
        self.padding = 0  # bytes in front of the JSON
        self.drip_seconds = 0.0  # between bytes
        self.redirect: str | None = None

    def token(self, kid: str | None = "eerste", algorithm: str = "RS256", key: Any = None, **claims: object) -> str:
        """A token as the provider signs it; a claim that is None is left out."""
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": "jan", "exp": now + 600, "iat": now, **claims}
        told = {name: value for name, value in told.items() if value is not None}
        signing = key if key is not None else self.keys.get(kid or "", next(iter(self.keys.values())))
        return jwt.encode(told, signing, algorithm, headers={"kid": kid} if kid else None)

    def answer(self, path: str) -> bytes:
        """The document at a path."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            content: object = {"issuer": self.claimed_issuer or self.url, "jwks_uri": f"{self.url}/sleutels"}
        else:
            content = {"keys": [_public(kid, key) for kid, key in self.keys.items()]}
        return b" " * self.padding + json.dumps(content).encode()


def new_rsa(bits: int = 2048) -> RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def new_ec() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@contextmanager
def running() -> Iterator[Issuer]:
    """A provider on a free port of this machine until the block ends."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = issuer.answer(self.path)
            self.send_response(302 if issuer.redirect else issuer.status)
            if issuer.redirect:
                self.send_header("Location", issuer.redirect)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            with suppress(OSError):  # the client may not wait for the rest
                self._send(body)

        def _send(self, body: bytes) -> None:
            if not issuer.drip_seconds:
                self.wfile.write(body)
                return
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                self.wfile.flush()
                time.sleep(issuer.drip_seconds)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _public(kid: str, key: PrivateKey) -> dict[str, Any]:
    if isinstance(key, RSAPrivateKey):
        made = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        made = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": kid, "use": "sig"}
