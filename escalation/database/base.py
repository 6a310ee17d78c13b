"""The one metadata every table belongs to, and the column types all rooms share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

_ZONE = len("+00:00")


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(UTC)


def _text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes a moment on SQLite."""
    return None if value is None else _utc(value).isoformat(" ", "microseconds")[:-_ZONE]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses a moment without a zone, and gives back aware UTC (SQLite forgets zones)."""

    impl = DateTime
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """As text on SQLite, in one step: a firing writes two dozen moments."""
        return _text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC; naive where the engine keeps no zone."""
        if value is None:
            return None
        utc = _utc(value)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: aware UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Timestamps with a zone where the engine has them."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))


NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """What every table inherits."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {datetime: UtcDateTime, str: String}
