"""Puts the web face together around an office. Knows every area, and nothing of what they do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

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
import web.edge
import web.emergency
import web.errors
import web.health
import web.home
import web.logs
import web.moving
import web.practice
import web.procedures
import web.raising
import web.readers
import web.session
import web.status
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
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
AREAS = (
    web.account,
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
    web.status,
    web.health,
)
IDLE = timedelta(hours=4)


def create_app(office: Office) -> Flask:
    """The application around an office that is already open."""
    app = web.logs.QuietFlask("web")
    app.config.from_mapping(_settings(office.config))
    app.jinja_loader = _templates()
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    web.session.put(app, office)
    web.words.teach(app)
    web.logs.listen(app)
    CSRFProtect(app)
    web.edge.watch(app)
    web.access.guard(app)
    for module in AREAS:
        app.register_blueprint(module.area)
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
    largest = config.uploads.largest_megabytes * config.uploads.most_files * 1_000_000
    return {
        "SECRET_KEY": config.service.secret_key,
        "SESSION_COOKIE_NAME": "escalation",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https(config),
        "PERMANENT_SESSION_LIFETIME": IDLE,
        "MAX_CONTENT_LENGTH": largest + 1_000_000,
        "SEND_FILE_MAX_AGE_DEFAULT": timedelta(hours=1),
        # A form may stay open as long as the session: what was typed is worth more than a short-lived token.
        "WTF_CSRF_TIME_LIMIT": None,
        "TRAP_HTTP_EXCEPTIONS": False,
    }


def https(config: Config) -> bool:
    """Whether people reach the service over https."""
    return config.service.address.startswith("https://")


def _everywhere() -> dict[str, Any]:
    """What every template may use. It never looks at the record: the error pages use it too."""
    config = web.session.office().config
    known = web.session.known_viewer()
    return {
        "service": config.service.name,
        "demonstration": config.demonstration,
        "practice": web.practice.bar(config),
        "person": known.name if known else None,
        "uploads": config.uploads,
    }


def _closed_headers(response: Response) -> ResponseReturnValue:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if https(web.session.office().config):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return current_app.make_response(response)
