"""Whether the installation is well, for those who watch it; and the two pages anybody may read."""

from __future__ import annotations

import hmac

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from escalation.scheduler import health
from web.access import Access, access
from web.session import office

area = Blueprint("health", __name__)


@area.get("/healthz")
@access(Access.ANYONE)
def healthz() -> ResponseReturnValue:
    """200 where all is well, 503 where something needs a person. Why is told to whoever has the token."""
    found = health.check(office())
    body = found.body if _may_know() else {"status": found.body["status"]}
    return jsonify(body), 200 if found.ok else 503


def _may_know() -> bool:
    token = office().config.service.health_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    right = hmac.compare_digest(token.encode(), given.strip().encode())
    return bool(token) and scheme.lower() == "bearer" and right


@area.get("/accessibility")
@access(Access.ANYONE)
def accessibility() -> ResponseReturnValue:
    """How far the pages can be used by everybody."""
    return render_template("pages/accessibility.html")


@area.get("/privacy")
@access(Access.ANYONE)
def privacy() -> ResponseReturnValue:
    """What is kept, and who sees it."""
    return render_template("pages/privacy.html")
