"""What the account that runs the program may do on PostgreSQL, where another one owns the tables."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from escalation.database.guards import NEVER_CHANGED
from escalation.database.schema import METADATA

# Rows of these are removed when they are over or not wanted; of the others, never.
REMOVED = frozenset(
    (
        *("drafts", "draft_files", "enclosures", "memberships"),
        *("single_sign_ons", "linked_identities", "passkeys", "passkey_challenges"),
        *("recovery_codes", "kept_forms", "links", "sessions", "attempts"),
    )
)


def rights_on(table: str) -> tuple[str, ...]:
    """What the program does with a table."""
    if table in NEVER_CHANGED:
        return ("SELECT", "INSERT")
    return ("SELECT", "INSERT", "UPDATE", *(("DELETE",) if table in REMOVED else ()))


def give(connection: Connection, account: str) -> None:
    """Let an account run the program, and no more: it owns nothing, and switches no guard off."""
    quoted = connection.dialect.identifier_preparer.quote(account)
    schema = connection.dialect.identifier_preparer.quote(
        connection.execute(text("SELECT current_schema()")).scalar_one()
    )
    for statement in _statements(schema, quoted):
        connection.execute(text(statement))


def known(connection: Connection, account: str) -> bool:
    """Whether the server has an account of that name."""
    asked = text("SELECT 1 FROM pg_roles WHERE rolname = :account")
    return connection.execute(asked, {"account": account}).first() is not None


def beyond(connection: Connection, account: str) -> bool:
    """Whether an account can do more than it was given all the same, as the server’s administrator can."""
    # Whoever owns a schema, or the database it is in, may drop every table of it.
    asked = text(
        "SELECT pg_has_role(:account, c.relowner, 'MEMBER') OR pg_has_role(:account, n.nspowner, 'MEMBER')"
        " OR pg_has_role(:account, d.datdba, 'MEMBER')"
        " OR has_table_privilege(:account, c.oid, 'UPDATE, DELETE, TRUNCATE')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_database d ON d.datname = current_database() WHERE c.oid = CAST(:table AS regclass)"
    )
    return any(
        connection.execute(asked, {"account": account, "table": table}).scalar_one()
        for table in NEVER_CHANGED
    )


def _statements(schema: str, account: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA {schema} TO {account}"
    for table in METADATA.sorted_tables:
        yield f"REVOKE ALL ON {table.name} FROM {account}"
        yield f"GRANT {', '.join(rights_on(table.name))} ON {table.name} TO {account}"
    yield f"GRANT SELECT ON alembic_version TO {account}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {account}"
