"""A device that holds passkeys, in software: it answers as the standard says, with real keys and bytes."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One device with one passkey. `origin` is the page it believes it is on."""

    origin: str
    count: int = 0
    flags: int = PRESENT | VERIFIED
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = b""
    handle: bytes = b""

    def make(self, question: str) -> str:
        """A new passkey, as `navigator.credentials.create` gives it."""
        asked = json.loads(question)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        self.id = self.id or hashlib.sha256(self._cose()).digest()
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + self._cose()
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        shown = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            self._client("webauthn.create", asked["challenge"]),
            {"attestationObject": bytes_to_base64url(shown)},
        )

    def sign(self, question: str, site: str = "") -> str:
        """An answer to a question, as `navigator.credentials.get` gives it."""
        asked = json.loads(question)
        self.count += 1 if self.count else 0
        client, data = self._client("webauthn.get", asked["challenge"]), self._data(site or asked["rpId"], 0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            client,
            {
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signature),
                "userHandle": bytes_to_base64url(self.handle),
            },
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, site: str, more: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", self.flags | more, self.count)

    def _cose(self) -> bytes:
        public = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)})

    def _answer(self, client: bytes, response: dict[str, Any]) -> str:
        told = {"clientDataJSON": bytes_to_base64url(client), **response}
        named = bytes_to_base64url(self.id)
        return json.dumps(
            {
                "id": named,
                "rawId": named,
                "type": "public-key",
                "response": told,
                "clientExtensionResults": {},
            }
        )
