"""Shared tablets: enrolled devices, the tokens they carried, PINs; and sessions that are hidden."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("enrolled_by", sa.String(), nullable=False),
        sa.Column("enrolled_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        _to("devices", "agency_id", "agencies"),
        _to("devices", "enrolled_by", "people"),
        _to("devices", "ended_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index("ix_devices_agency_id", "devices", ["agency_id"])
    op.create_table(
        "device_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("follows", sa.String(), nullable=True),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=True),
        sa.Column("replaced_at", _TIME, nullable=True),
        sa.Column("void_at", _TIME, nullable=True),
        _to("device_tokens", "device_id", "devices"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_device_tokens")),
    )
    op.create_index("ix_device_tokens_device_id", "device_tokens", ["device_id"])
    op.create_index("ix_device_tokens_follows", "device_tokens", ["follows"])
    _make_pins()
    with op.batch_alter_table("sessions") as batch:
        batch.add_column(sa.Column("device_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("hidden_at", _TIME, nullable=True))
        batch.create_foreign_key(op.f("fk_sessions_device_id"), "devices", ["device_id"], ["id"])
    op.create_index("ix_sessions_device_id", "sessions", ["device_id"])


def _make_pins() -> None:
    op.create_table(
        "pins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("hashed", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("whole_at", _TIME, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        _to("pins", "device_id", "devices"),
        _to("pins", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pins")),
    )
    op.create_index("ix_pins_person_id", "pins", ["person_id"])
    op.create_index(
        "uq_pins_in_use",
        "pins",
        ["device_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM sessions WHERE device_id IS NOT NULL OR hidden_at IS NOT NULL")
    op.execute("DELETE FROM deliveries WHERE letter = 'copied tablet'")
    op.drop_index("ix_sessions_device_id", "sessions")
    with op.batch_alter_table("sessions") as batch:
        batch.drop_constraint(op.f("fk_sessions_device_id"), type_="foreignkey")
        batch.drop_column("hidden_at")
        batch.drop_column("device_id")
    for table in ("pins", "device_tokens", "devices"):
        op.drop_table(table)
