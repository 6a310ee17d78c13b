"""A part in a case says whether the case has ended, so that a post’s lists never read what is not in them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INDEX = "ix_participants_post"


def upgrade() -> None:
    # No batch: SQLite adds a column as it is, so the table and what points to it stay.
    op.add_column(
        "participants", sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(
        "UPDATE participants SET closed = true"
        " WHERE case_id IN (SELECT id FROM cases WHERE closed_at IS NOT NULL)"
    )
    op.drop_index(_INDEX, table_name="participants")
    op.create_index(_INDEX, "participants", ["post_id", "closed", "case_id"])


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="participants")
    op.create_index(_INDEX, "participants", ["post_id", "case_id"])
    op.drop_column("participants", "closed")
