"""How many examples Hypothesis makes up for a property of the engine: the whole number on SQLite, some on PostgreSQL."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

from tests.support.engines import SQLITE, Engine


def examples(engine: Engine, whole: int, *, some: int, **more: Any) -> settings:
    """Settings of a property that does not depend on the engine; what differs between them shows in any example."""
    return settings(
        max_examples=whole if engine.name == SQLITE else some,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
