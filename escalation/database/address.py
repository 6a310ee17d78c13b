"""The address of a database, read in one way by whoever looks at it and by whoever opens it."""

from __future__ import annotations

from sqlalchemy import URL, make_url


def read(url: str) -> URL:
    """An address as SQLAlchemy has it; postgres:// is PostgreSQL too. ArgumentError for what is none."""
    return make_url(url.replace("postgres://", "postgresql://", 1))
