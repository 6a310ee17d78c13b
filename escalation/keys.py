"""Keys made from the installation’s secret, one for each purpose: to seal, to open, and to name things by."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from escalation.config import Config

_NONCE = 12


def key_for(config: Config, purpose: str) -> bytes:
    """32 bytes for one purpose. Another secret makes other keys, and what the old ones sealed stays shut."""
    return hmac.digest(config.service.secret_key.encode(), f"escalation/{purpose}".encode(), "sha256")


def mark(config: Config, purpose: str, text: str) -> str:
    """A name for a text that nobody can make, or guess the text from, without the secret."""
    return hmac.new(key_for(config, purpose), text.encode(), hashlib.sha256).hexdigest()


def seal(config: Config, purpose: str, text: str) -> bytes:
    """A text nobody reads in the database alone."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key_for(config, purpose)).encrypt(nonce, text.encode(), purpose.encode())


def unseal(config: Config, purpose: str, sealed: bytes) -> str | None:
    """What was sealed; None where it was sealed under another secret, or changed since."""
    try:
        opened = AESGCM(key_for(config, purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode())
    except (InvalidTag, ValueError):
        return None
    return opened.decode()
