"""What is said to a provider and what it answers, verified. Imported only where a provider is configured.

Its addresses and keys are asked for at each sign-in and never kept: a key it has changed is known at once.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from escalation.errors import NotSignedIn, ProviderAway
from escalation.federation.providers import Provider

SECONDS = 10.0
SKEW_SECONDS = 60
LONGEST_ANSWER = 500_000
# Keys of the provider’s own alone: with a shared secret (HS256) or none, whoever knows it could sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_METHODS = "token_endpoint_auth_methods_supported"
_UNFIT = (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider says somebody is. `email` is empty unless the provider says it is verified."""

    subject: str
    email: str
    second_factor: bool


def authorization_address(
    provider: Provider, *, redirect_uri: str, state: str, nonce: str, verifier: str, again: bool = False
) -> str:
    """Where to send a browser; ProviderAway. `again`: who the provider remembers is asked all the same."""
    with _speaking(provider, redirect_uri) as client:
        described = _described(client, provider)
        prompt = "login" if again else provider.prompt
        more = {"prompt": prompt} if prompt else {}
        address, _ = client.create_authorization_url(
            described["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce, **more
        )
    return str(address)


def identity(
    provider: Provider,
    given: Mapping[str, str],
    *,
    redirect_uri: str,
    nonce: str,
    verifier: str,
    now: datetime,
) -> Identity:
    """Whom the provider says came back with the parameters `given`. NotSignedIn or ProviderAway otherwise."""
    with _speaking(provider, redirect_uri) as client:
        described = _described(client, provider)
        _is_from(provider, described, given)
        if "error" in given or not given.get("code"):
            raise NotSignedIn
        # What every provider takes, unless it says that it takes the secret in the form alone.
        if "client_secret_basic" not in described.get(_METHODS, ["client_secret_basic"]):
            client.token_endpoint_auth_method = "client_secret_post"  # noqa: S105 - the name of a method
        tokens = client.fetch_token(
            described["token_endpoint"],
            grant_type="authorization_code",
            code=given["code"],
            code_verifier=verifier,
            allow_redirects=False,
        )
        published: Any = _answer(client, described["jwks_uri"])
        keys = KeySet.import_key_set(published)
        claims = _claims(provider, tokens, keys, nonce=nonce, now=now)
        return _whom(provider, claims, _told(client, described, claims))


def _is_from(provider: Provider, described: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """RFC 9207: one provider’s answer is never taken for another’s."""
    promised = described.get("authorization_response_iss_parameter_supported") is True
    if given.get("iss", "" if promised else provider.issuer) != provider.issuer:
        raise NotSignedIn


def _claims(
    provider: Provider, tokens: Mapping[str, Any], keys: KeySet, *, nonce: str, now: datetime
) -> dict[str, Any]:
    token = jwt.decode(str(tokens["id_token"]), keys, algorithms=ALGORITHMS)
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        },
        params={
            "nonce": nonce,
            "client_id": provider.client_id,
            "access_token": str(tokens["access_token"]),
        },
    )
    claims.validate(now=int(now.timestamp()), leeway=SKEW_SECONDS)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise NotSignedIn
    return dict(claims)


def _told(
    client: OAuth2Session, described: Mapping[str, Any], claims: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What is said of the person: in the token, or else at the userinfo address, of the same subject."""
    if "email" in claims or "userinfo_endpoint" not in described:
        return claims
    told = _answer(client, described["userinfo_endpoint"], signed=True)
    if told.get("sub") != claims["sub"]:
        raise NotSignedIn
    return told


def _whom(provider: Provider, claims: Mapping[str, Any], told: Mapping[str, Any]) -> Identity:
    subject, email = claims["sub"], told.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\0" in subject:
        raise NotSignedIn
    verified = told.get(provider.verified_by) in (True, "true", "True", "1")
    by = claims.get("amr") or []
    strong = bool(set(by) & set(provider.second_factor_amr)) or (
        claims.get("acr") in provider.second_factor_acr if provider.second_factor_acr else False
    )
    known = email if verified and isinstance(email, str) and "\0" not in email else ""
    return Identity(subject, known, strong)


@contextmanager
def _speaking(provider: Provider, redirect_uri: str) -> Iterator[OAuth2Session]:
    """A client of the provider. Whatever goes wrong with it is ProviderAway or NotSignedIn."""
    client = OAuth2Session(
        provider.client_id,
        provider.client_secret,
        scope="openid email",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        default_timeout=SECONDS,
    )
    try:
        yield client
    except requests.RequestException as error:
        _note(provider, error)
        raise ProviderAway from error
    except _UNFIT as error:
        _note(provider, error)
        raise NotSignedIn from error
    finally:
        client.close()


def _note(provider: Provider, error: Exception) -> None:
    """What went wrong, for whoever runs this: its kind alone, for the rest may name somebody."""
    logging.getLogger(__name__).warning(
        "single sign-on failed", extra={"provider": provider.id, "kind": type(error).__name__}
    )


def _described(client: OAuth2Session, provider: Provider) -> Mapping[str, Any]:
    """The provider’s own description. ProviderAway for another issuer’s, or one without its addresses."""
    found = _answer(client, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    secure = urlsplit(provider.issuer).scheme
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if urlsplit(str(found.get(key, ""))).scheme not in (secure, "https"):
            raise ProviderAway
    if found.get("issuer") != provider.issuer:
        raise ProviderAway
    return found


def _answer(client: OAuth2Session, address: str, *, signed: bool = False) -> dict[str, Any]:
    """A JSON object. ProviderAway for anything else."""
    with client.get(address, withhold_token=not signed, allow_redirects=False, stream=True) as answer:
        if answer.status_code != requests.codes.ok:
            raise ProviderAway
        text = b""
        for part in answer.iter_content(16_384):
            text += part
            if len(text) > LONGEST_ANSWER:
                raise ProviderAway
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ProviderAway from error
    if not isinstance(found, dict):
        raise ProviderAway
    return found
