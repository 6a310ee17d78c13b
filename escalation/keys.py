"""Keys made from the installation’s secret, one for each purpose: to seal, to open, and to name things by."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from escalation.config import Config

_NONCE = 12


def key_for(config: Config, purpose: str) -> bytes:
    """32 bytes for one purpose, under the secret of now: what is made new is made under it."""
    return _keys(config, purpose)[0]


def _keys(config: Config, purpose: str) -> tuple[bytes, ...]:
    """The key of now, and while secrets are changed over the one before: either opens what is there."""
    secrets_ = (config.service.secret_key, config.service.previous_secret_key)
    message = f"escalation/{purpose}".encode()
    return tuple(hmac.digest(each.encode(), message, "sha256") for each in secrets_ if each)


def mark(config: Config, purpose: str, text: str) -> str:
    """A name for a text that nobody can make, or guess the text from, without the secret."""
    return marks(config, purpose, text)[0]


def marks(config: Config, purpose: str, text: str) -> tuple[str, ...]:
    """The name of now, and while secrets are changed over the one before."""
    return tuple(hmac.new(key, text.encode(), hashlib.sha256).hexdigest() for key in _keys(config, purpose))


def seal(config: Config, purpose: str, text: str) -> bytes:
    """A text nobody reads in the database alone."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key_for(config, purpose)).encrypt(nonce, text.encode(), purpose.encode())


def unseal(config: Config, purpose: str, sealed: bytes) -> str | None:
    """What was sealed; None where it was sealed under a secret that is neither, or changed since."""
    return next((text for text in _opened(config, purpose, sealed) if text is not None), None)


def resealed(config: Config, purpose: str, sealed: bytes) -> bytes | None:
    """The same under the secret of now. As it is where it is so already; None where nothing opens it."""
    now, *before = _opened(config, purpose, sealed)
    if now is not None:
        return sealed
    text = next((text for text in before if text is not None), None)
    return seal(config, purpose, text) if text is not None else None


def _opened(config: Config, purpose: str, sealed: bytes) -> Iterator[str | None]:
    """What each key makes of it."""
    for key in _keys(config, purpose):
        try:
            yield AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode()).decode()
        except (InvalidTag, ValueError):
            yield None
