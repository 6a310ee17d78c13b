"""What a device signs, asked and verified. The one room that knows the passkey library."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from escalation import security
from escalation.config import Config
from escalation.errors import NotPossible, Unanswered
from escalation.notices import personal
from escalation.office import Changing
from escalation.passkeys import store
from escalation.passkeys.store import REGISTER, SECOND, SIGN_IN, PasskeyRecord, Question

LONGEST_NAME, MOST, LONGEST_ANSWER = 60, 20, 20_000
NOT_KNOWN = "That passkey did not sign you in. Try again, or sign in with your password."
COPIED = (
    "That passkey may have been copied, so it opens nothing any more. Sign in another way, remove it from"
    " your account, and tell your administrator."
)
_NOT_ADDED = "The passkey was not added. Nothing else has changed. Try again."
_TIMEOUT = int(store.ANSWERED_WITHIN.total_seconds() * 1000)
_CHALLENGE_BYTES = 32
# What the library raises for an answer that is no answer, beside its own: it parses what anybody may send.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


@dataclass(frozen=True, slots=True)
class Site:
    """Whom a device signs for: the name it keeps the passkey under, and the exact origin of the page."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whom a passkey proved, or else the sentence that says why nobody."""

    person_id: str | None
    sentence: str = ""


def site_of(config: Config) -> Site | None:
    """The site of `service.address`; None where browsers allow no passkeys: an IP address, or plain http."""
    found = urlsplit(config.service.address)
    host = found.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        usual = {"https": 443, "http": 80}
        port = "" if found.port in (None, usual.get(found.scheme)) else f":{found.port}"
        safe = found.scheme == "https" or (found.scheme == "http" and host == "localhost")
        return Site(host, f"{found.scheme}://{host}{port}") if host and safe else None
    return None


def begin_registering(work: Changing, person_id: str, *, email: str, name: str, browser: str) -> str:
    """The question for a new passkey, as the browser takes it (JSON). NotPossible where there are many."""
    site, own = _site(work), store.of_person(work, person_id)
    if len(own) >= MOST:
        raise NotPossible([f"You have {MOST} passkeys, which is as many as there can be. Remove one first."])
    handle = base64url_to_bytes(own[0].handle) if own else bytes.fromhex(work.office.token(32))
    challenge = bytes.fromhex(work.office.token(_CHALLENGE_BYTES))
    options = generate_registration_options(
        rp_id=site.id,
        rp_name=work.office.config.service.name,
        user_id=handle,
        user_name=email,
        user_display_name=name,
        challenge=challenge,
        timeout=_TIMEOUT,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(own),
    )
    asked = Question(
        bytes_to_base64url(challenge), browser, REGISTER, person_id, handle=bytes_to_base64url(handle)
    )
    store.ask(work, asked)
    return options_to_json(options)


def register(work: Changing, person_id: str, *, browser: str, name: str, answer: str) -> None:
    """Keep the passkey a device made. Unanswered, by field, where it has no name or does not verify."""
    site, name = _site(work), " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Unanswered({"name": [f"Give the passkey a name of at most {LONGEST_NAME} characters"]})
    try:
        challenge = _challenge(answer)
        text = bytes_to_base64url(challenge)
        asked = store.take(work, text, browser=browser, purpose=REGISTER, person_id=person_id)
        if asked is None or asked.handle is None:
            raise Unanswered({"name": [_NOT_ADDED]})
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise Unanswered({"name": [_NOT_ADDED]}) from error
    added = store.add(
        work,
        person_id,
        name=name,
        credential=bytes_to_base64url(made.credential_id),
        handle=asked.handle,
        public_key=bytes_to_base64url(made.credential_public_key),
        count=made.sign_count,
    )
    if not added:
        raise Unanswered({"name": [_NOT_ADDED]})
    personal.write(work, person_id, "passkeys")


def remove(work: Changing, person_id: str, passkey_id: int) -> None:
    """Forget a passkey of this person, and write to them. NotFound where they have none of that number."""
    store.remove(work, person_id, passkey_id)
    personal.write(work, person_id, "passkeys")


def begin_signing_in(work: Changing, *, browser: str, person_id: str | None = None) -> str:
    """The question for whoever is there; with a person, for one of their passkeys after the password."""
    site = _site(work)
    challenge = bytes.fromhex(work.office.token(_CHALLENGE_BYTES))
    options = generate_authentication_options(
        rp_id=site.id,
        challenge=challenge,
        timeout=_TIMEOUT,
        allow_credentials=_described(store.of_person(work, person_id)) if person_id else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    purpose = SECOND if person_id else SIGN_IN
    store.ask(work, Question(bytes_to_base64url(challenge), browser, purpose, person_id))
    return options_to_json(options)


def sign_in(work: Changing, *, browser: str, answer: str, person_id: str | None = None) -> Outcome:
    """Whom the passkey proves, with the device having made sure of them: both factors at once.

    Nothing is raised, for what happened must be kept: a question is used up by any answer, and a passkey that
    seems copied is stopped.
    """
    found = _proved(work, browser=browser, answer=answer, person_id=person_id)
    if found.person_id is None:
        security.note(security.SIGN_IN, security.FAILED, person_id=person_id or "", how="passkey")
    return found


def _proved(work: Changing, *, browser: str, answer: str, person_id: str | None) -> Outcome:
    site, purpose = _site(work), SECOND if person_id else SIGN_IN
    try:
        challenge = _challenge(answer)
        text = bytes_to_base64url(challenge)
        if store.take(work, text, browser=browser, purpose=purpose, person_id=person_id) is None:
            return Outcome(None, NOT_KNOWN)
        passkey = _answering(work, answer, person_id)
        if passkey is None:
            return Outcome(None, NOT_KNOWN)
        proved = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,  # compared below, where a count that stands still is told apart
            require_user_verification=True,
        )
    except _MALFORMED:
        return Outcome(None, NOT_KNOWN)
    if passkey.stopped_at:
        return Outcome(None, COPIED)
    if not store.used(work, passkey, proved.new_sign_count):
        store.stop(work, passkey)
        personal.write(work, passkey.person_id, "copied passkey")
        return Outcome(None, COPIED)
    return Outcome(passkey.person_id)


def _answering(work: Changing, answer: str, person_id: str | None) -> PasskeyRecord | None:
    """The passkey an answer names, if its device calls the person as we do and it is the person’s own."""
    given = json.loads(answer)
    passkey = store.by_credential(work, bytes_to_base64url(base64url_to_bytes(given["id"])))
    handle = given["response"].get("userHandle")
    if passkey is None or (handle or (passkey.handle if person_id else None)) != passkey.handle:
        return None
    return passkey if person_id in (None, passkey.person_id) else None


def _site(work: Changing) -> Site:
    found = site_of(work.office.config)
    if found is None:
        raise NotPossible(["Passkeys do not work at this address. Sign in with your password."])
    return found


def _described(passkeys: Sequence[PasskeyRecord]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential)) for each in passkeys]


def _challenge(answer: str) -> bytes:
    """The question an answer is to. ValueError and its like where it is none."""
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long to be an answer")
    client = json.loads(answer)["response"]["clientDataJSON"]
    return parse_client_data_json(base64url_to_bytes(client)).challenge
