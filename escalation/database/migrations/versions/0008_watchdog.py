"""A limit that failed too often is parked, and who had it tried again is kept; dates moved by a calendar."""

import sqlalchemy as sa
from alembic import op

from escalation.database import guards

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deadlines", sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "retries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deadline_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadlines.id"], name=op.f("fk_retries_deadline_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_retries_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retries")),
    )
    op.create_index("ix_retries_deadline_id", "retries", ["deadline_id"])
    op.create_table(
        "redatings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.String(), nullable=False),
        sa.Column("closure_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("later", sa.Integer(), nullable=False),
        sa.Column("sooner", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_redatings_partnership_id")
        ),
        sa.ForeignKeyConstraint(["closure_id"], ["closures.id"], name=op.f("fk_redatings_closure_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_redatings_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_redatings_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redatings")),
    )
    op.create_index("ix_redatings_partnership_id", "redatings", ["partnership_id"])
    for table in ("retries", "redatings"):
        guards.put_up(op.get_bind(), table)


def downgrade() -> None:
    op.drop_table("redatings")
    op.drop_table("retries")
    op.drop_column("deadlines", "parked_at")
