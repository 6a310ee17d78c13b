"""Turns away, before any page sees it, what no page of ours sends. Looks at no record."""

from __future__ import annotations

import re

from flask import Flask, abort, current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.sansio.utils import host_is_trusted

# A NUL is no text: PostgreSQL will not keep it, and no keyboard types it.
_NUL = "\0"
# What `forms.form_key` makes, with room for what another program that speaks to us may make.
_KEY = re.compile(r"[A-Za-z0-9_.:-]{0,100}")
# No page of ours has a longer address or more boxes; reading them would be work for nothing.
LONGEST_ADDRESS = 8_000
MOST_FIELDS = 1_000
# A form without files is read into memory at once, so it may be smaller than one with files.
LARGEST_WORDS = 2_000_000
_WORDS = "application/x-www-form-urlencoded"

HOSTS = "OUR_HOSTS"  # the setting of the application that names the hosts people reach us by


def watch(app: Flask) -> None:
    """Look at every request of an application first."""
    app.before_request(_look)


def _look() -> None:
    if not host_is_trusted(request.host, current_app.config[HOSTS]):
        abort(400)
    if request.mimetype == _WORDS:
        request.max_content_length = LARGEST_WORDS
    if len(request.full_path) > LONGEST_ADDRESS:
        abort(414)
    address = (request.path, *request.args, *_values(request.args))
    if any(_NUL in part for part in address):
        abort(404)
    if len(request.form) > MOST_FIELDS:
        abort(413)
    if any(_NUL in part for part in (*request.form, *_values(request.form))):
        abort(400)
    if not _KEY.fullmatch(request.form.get("key", "")):
        abort(400)


def _values(sent: MultiDict[str, str]) -> list[str]:
    return [value for values in sent.listvalues() for value in values]
