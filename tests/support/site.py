"""The application for tests. What Jinja and the routing have compiled once is kept for every one of the run."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

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


_BUILDERS: dict[tuple[Any, ...], Any] = {}


class KeptRule(Rule):
    """A route whose builder of addresses is compiled once: with all routes that is most of making an application."""

    def _compile_builder(self, *how: Any) -> Any:
        made_of = (self.rule, self.subdomain, self.host, self.merge_slashes, str(self.defaults), *how)
        if made_of not in _BUILDERS:
            _BUILDERS[made_of] = super()._compile_builder(*how)
        return _BUILDERS[made_of]


Flask.url_rule_class = KeptRule


def site_of(office: Office) -> Flask:
    """The application, as it is for everybody."""
    app = create_app(office)
    app.jinja_env.bytecode_cache = InMemory()
    return app
