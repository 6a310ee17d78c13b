"""Puts the web face together around an office. Knows every area, and nothing of what they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from jinja2 import BaseLoader, ChoiceLoader, PackageLoader, PrefixLoader
from werkzeug.wrappers import Response

import web.access
import web.account
import web.board
import web.cases
import web.closures
import web.confirming
import web.cover
import web.directory
import web.edge
import web.emergency
import web.ending
import web.errors
import web.federation
import web.given_posts
import web.handing
import web.health
import web.hiding
import web.home
import web.keeping
import web.leaving
import web.links
import web.logs
import web.lost_factors
import web.moving
import web.own_account
import web.passkeys
import web.practice
import web.procedures
import web.raising
import web.rates
import web.readers
import web.returned
import web.second_factor
import web.security
import web.session
import web.status
import web.tablets
import web.typed
import web.what_if
import web.words
from escalation.config import Config
from escalation.office import Office

# The hash is of the one inline script of the GOV.UK template, which a test works out again.
TEMPLATE_SCRIPT = "sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw="
POLICY = (
    f"default-src 'self'; script-src 'self' '{TEMPLATE_SCRIPT}'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
AREAS = (
    web.account,
    web.passkeys,
    web.second_factor,
    web.links,
    web.confirming,
    web.own_account,
    web.lost_factors,
    web.hiding,
    web.tablets,
    web.home,
    web.raising,
    web.cases,
    web.board,
    web.readers,
    web.emergency,
    web.procedures,
    web.what_if,
    web.moving,
    web.closures,
    web.cover,
    web.given_posts,
    web.handing,
    web.leaving,
    web.directory,
    web.keeping,
    web.returned,
    web.ending,
    web.status,
    web.health,
)
# The cookie outlives the session, so that what somebody typed after its end can be kept for them.
OUTLIVES = timedelta(hours=24)
LONGEST = timedelta(days=30)


def create_app(office: Office) -> Flask:
    """The application around an office that is already open."""
    app = web.logs.QuietFlask("web")
    app.session_interface = web.session.Signed()
    app.config.from_mapping(_settings(office.config))
    app.jinja_loader = _templates()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    web.session.put(app, office)
    web.words.teach(app)
    web.logs.listen(app)
    web.security.listen(app)
    web.rates.watch(app, office.config.server)
    web.edge.watch(app)
    web.session.sign_forms()
    CSRFProtect(app)
    app.jinja_env.globals["csrf_token"] = web.session.form_token
    web.hiding.watch(app)
    web.access.guard(app)
    web.typed.watch(app)
    for module in AREAS:
        app.register_blueprint(module.area)
    if office.providers:
        app.register_blueprint(web.federation.area)
    if office.config.practice:
        app.register_blueprint(web.practice.area)
    web.errors.answer(app)
    app.context_processor(_everywhere)
    app.after_request(_closed_headers)
    return app


def _templates() -> BaseLoader:
    """Our own templates, and the GOV.UK macros under the name of their package."""
    macros = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    return ChoiceLoader([PackageLoader("web"), macros])


def _settings(config: Config) -> dict[str, Any]:
    before = [each for each in (config.service.previous_secret_key,) if each]
    return {
        "SECRET_KEY": config.service.secret_key,
        "SECRET_KEY_FALLBACKS": before,
        # The newest last: with it forms are made, with either they are known.
        "WTF_CSRF_SECRET_KEY": [*before, config.service.secret_key],
        "SESSION_COOKIE_NAME": cookie_name(config),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https(config),
        "PERMANENT_SESSION_LIFETIME": (
            OUTLIVES + (timedelta(hours=config.sign_in.absolute_hours) or LONGEST)
        ),
        # Not Flask’s TRUSTED_HOSTS: that one fails before there is a page to say so on.
        web.edge.HOSTS: _hosts(config),
        "MAX_CONTENT_LENGTH": largest_form(config),
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
        # A form may stay open as long as the session: what was typed is worth more than a short-lived token.
        "WTF_CSRF_TIME_LIMIT": None,
        "TRAP_HTTP_EXCEPTIONS": False,
    }


def _hosts(config: Config) -> list[str]:
    """The names people reach the service by, and this machine’s own for those who watch it."""
    named = urlsplit(config.service.address).hostname or ""
    return [each for each in dict.fromkeys((named, config.server.host, "localhost", "127.0.0.1")) if each]


def largest_form(config: Config) -> int:
    """How many bytes a form may have with all its files."""
    return config.uploads.largest_megabytes * config.uploads.most_files * 1_000_000 + 1_000_000


def cookie_name(config: Config) -> str:
    """With https, a name under which a browser takes a cookie from this host alone, and only over https."""
    return "__Host-escalation" if https(config) else "escalation"


def https(config: Config) -> bool:
    """Whether people reach the service over https."""
    return urlsplit(config.service.address).scheme == "https"


def _everywhere() -> dict[str, Any]:
    """What every template may use. It never looks at the record: the error pages use it too."""
    config = web.session.office().config
    session = web.session.known()
    known = web.session.known_viewer()
    return {
        "service": config.service.name,
        "demonstration": config.demonstration,
        "practice": web.practice.bar(config),
        "person": known.name if known else None,
        "kept_form": web.typed.shown(),
        "by_pin": bool(session and session.by_pin),
        "tablet": bool(web.session.tablet()),
        "signed_in_until": session.until if session and known else None,
        "uploads": config.uploads,
        "csrf_token": web.session.form_token,
    }


def _closed_headers(response: Response) -> ResponseReturnValue:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if https(web.session.office().config):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    return current_app.make_response(response)
