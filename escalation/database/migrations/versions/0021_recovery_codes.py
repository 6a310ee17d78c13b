"""Recovery codes are hashed as passwords are, and found by how they begin."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recovery_codes", sa.Column("place", sa.String(), nullable=True))


def downgrade() -> None:
    # What was made since cannot be tried without it; its owner makes new ones.
    op.execute("DELETE FROM recovery_codes WHERE place IS NOT NULL")
    op.drop_column("recovery_codes", "place")
