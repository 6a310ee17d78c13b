"""The application for tests. What Jinja has compiled once is kept for every application of the run."""

from __future__ import annotations

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from escalation.office import Office
from web.app import create_app

_COMPILED: dict[str, bytes] = {}


class InMemory(BytecodeCache):
    """Compiled templates, by their key and checksum, for the length of the run."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give back what was compiled before, if the template is the same."""
        kept = _COMPILED.get(bucket.key)
        if kept:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        _COMPILED[bucket.key] = bucket.bytecode_to_string()


def site_of(office: Office) -> Flask:
    """The application, as it is for everybody."""
    app = create_app(office)
    app.jinja_env.bytecode_cache = InMemory()
    return app
