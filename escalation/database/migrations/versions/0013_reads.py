"""Every reading of a case is kept; posts may be named to open a case for an emergency."""

import sqlalchemy as sa
from alembic import op

from escalation.database import guards

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("breaks_glass", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "case_reads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("partnership_id", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("function", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_reads_case_id")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_case_reads_partnership_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_case_reads_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_case_reads_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_reads")),
    )
    op.create_index("ix_case_reads_case", "case_reads", ["case_id", "id"])
    op.create_index("ix_case_reads_person", "case_reads", ["person_id", "at"])
    op.create_index("ix_case_reads_partnership", "case_reads", ["partnership_id", "id"])
    guards.put_up(op.get_bind(), "case_reads")


def downgrade() -> None:
    op.drop_table("case_reads")
    op.drop_column("posts", "breaks_glass")
