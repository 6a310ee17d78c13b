"""The outbox: when a letter may leave, which mail it is in, and why one was not sent."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_WAITS = sa.text("sent_at IS NULL AND addressed_at IS NULL AND dropped_at IS NULL")
_UNSENT = sa.text("sent_at IS NULL")
_OPEN = sa.text("ended_at IS NULL")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_index("ix_messages_unsent", table_name="messages")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("urgency", sa.String(), nullable=False, server_default="now"))
        batch_op.add_column(sa.Column("deadline_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("addressed_at", _TIME, nullable=True))
        batch_op.add_column(sa.Column("dropped_at", _TIME, nullable=True))
        batch_op.add_column(sa.Column("why", sa.String(), nullable=True))
        batch_op.alter_column(
            "next_try_at", new_column_name="deliver_after", existing_type=_TIME, existing_nullable=False
        )
        batch_op.drop_column("attempts")
        batch_op.drop_column("trouble")
        batch_op.create_foreign_key(op.f("fk_messages_deadline_id"), "deadlines", ["deadline_id"], ["id"])
    # What waits when the new version starts goes as soon as it can: nobody knows how long it has waited.
    op.execute("UPDATE messages SET addressed_at = sent_at WHERE sent_at IS NOT NULL")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.alter_column("urgency", existing_type=sa.String(), server_default=None)
    op.create_index(
        "ix_messages_unsent",
        "messages",
        ["deliver_after", "id"],
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index("ix_messages_deadline", "messages", ["deadline_id"])
    _make_deliveries()
    op.create_table(
        "enclosures",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_enclosures_delivery_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_enclosures_message_id")),
        sa.PrimaryKeyConstraint("delivery_id", "message_id", name=op.f("pk_enclosures")),
    )
    op.create_index("ix_enclosures_message", "enclosures", ["message_id"])


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("written_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("next_try_at", _TIME, nullable=False),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", _TIME, nullable=True),
        sa.Column("passed_at", _TIME, nullable=True),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_deliveries_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("key", name=op.f("uq_deliveries_key")),
    )
    for name, columns in (
        ("ix_deliveries_open", ["next_try_at", "id"]),
        ("ix_deliveries_person", ["person_id"]),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    op.drop_table("enclosures")
    op.drop_table("deliveries")
    op.drop_index("ix_messages_deadline", table_name="messages")
    op.drop_index("ix_messages_unsent", table_name="messages")
    # An older version sends whatever is not marked as sent: what was dropped must not come alive again.
    op.execute("UPDATE messages SET sent_at = dropped_at WHERE dropped_at IS NOT NULL")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_messages_deadline_id"), type_="foreignkey")
        for name in ("urgency", "deadline_id", "addressed_at", "dropped_at", "why"):
            batch_op.drop_column(name)
        batch_op.alter_column(
            "deliver_after", new_column_name="next_try_at", existing_type=_TIME, existing_nullable=False
        )
        batch_op.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("trouble", sa.String(), nullable=True))
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.alter_column("attempts", existing_type=sa.Integer(), server_default=None)
    op.create_index(
        "ix_messages_unsent",
        "messages",
        ["next_try_at", "id"],
        sqlite_where=_UNSENT,
        postgresql_where=_UNSENT,
    )
