"""How each edition of a partnership’s procedure came into force."""

import sqlalchemy as sa
from alembic import op

from escalation.database import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("replaces", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("edition", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_editions_partnership_id")
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["editions.id"], name=op.f("fk_editions_proposal_id")),
        sa.ForeignKeyConstraint(["replaces"], ["procedures.digest"], name=op.f("fk_editions_replaces")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_editions_person_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_editions_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_editions_proposal_id")),
    )
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.create_index("ix_editions_partnership", ["partnership_id", "id"], unique=False)
    guards.put_up(op.get_bind(), "editions")


def downgrade() -> None:
    with op.batch_alter_table("editions", schema=None) as batch_op:
        batch_op.drop_index("ix_editions_partnership")
    op.drop_table("editions")
