"""Agreed extensions keep the first date; pauses have a ledger; timers end or ask something by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deadlines", sa.Column("first_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deadlines", sa.Column("asked_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deadlines", sa.Column("extended", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("deadlines", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deadlines", sa.Column("timer", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE deadlines SET first_due_at = due_at")
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_pauses_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index("ix_pauses_case", "pauses", ["case_id"])


def downgrade() -> None:
    op.drop_index("ix_pauses_case", table_name="pauses")
    op.drop_table("pauses")
    with op.batch_alter_table("deadlines", schema=None) as batch_op:
        for column in ("timer", "paused_at", "extended", "asked_until", "first_due_at"):
            batch_op.drop_column(column)
