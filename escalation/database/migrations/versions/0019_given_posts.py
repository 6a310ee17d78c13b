"""A second person for a post that a keeper gives; drafts that pass on when somebody leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("holdings", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "given_posts",
        sa.Column("holding_id", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", _TIME, nullable=False),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("right", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["holding_id"], ["holdings.id"], name=op.f("fk_given_posts_holding_id")),
        sa.ForeignKeyConstraint(["given_by"], ["people.id"], name=op.f("fk_given_posts_given_by")),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_given_posts_answered_by")),
        sa.PrimaryKeyConstraint("holding_id", name=op.f("pk_given_posts")),
    )
    unanswered = sa.text("answered_at IS NULL")
    op.create_index(
        "ix_given_posts_open",
        "given_posts",
        ["given_at"],
        sqlite_where=unanswered,
        postgresql_where=unanswered,
    )
    # Written into the column, so that SQLite need not copy the table.
    heir = sa.ForeignKey("people.id", name=op.f("fk_drafts_heir_id"))
    op.add_column("drafts", sa.Column("heir_id", sa.String(), heir, nullable=True), inline_references=True)
    op.add_column("drafts", sa.Column("heir_from", _TIME, nullable=True))
    op.create_index("ix_drafts_heir_id", "drafts", ["heir_id"])


def downgrade() -> None:
    of_ours = "SELECT id FROM messages WHERE letter = 'post_given'"
    op.execute(f"DELETE FROM enclosures WHERE message_id IN ({of_ours})")  # noqa: S608 - a sentence of our own
    op.execute("DELETE FROM messages WHERE letter = 'post_given'")
    op.execute("DELETE FROM deliveries WHERE letter = 'address'")
    op.drop_index("ix_drafts_heir_id", "drafts")
    op.drop_column("drafts", "heir_from")
    op.drop_column("drafts", "heir_id")
    op.drop_table("given_posts")
    # Whatever waited would be in force without the column.
    op.execute("DELETE FROM holdings WHERE waits")
    op.drop_column("holdings", "waits")
