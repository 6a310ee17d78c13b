"""Work belongs to posts: cover between two dates, who leads on a case, who stepped aside from one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "covers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("by_post_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_covers_post_id")),
        sa.ForeignKeyConstraint(["by_post_id"], ["posts.id"], name=op.f("fk_covers_by_post_id")),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_covers_made_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["people.id"], name=op.f("fk_covers_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_covers")),
    )
    op.create_index("ix_covers_by", "covers", ["by_post_id", "until"])
    op.create_index("ix_covers_post", "covers", ["post_id", "until"])
    op.create_table(
        "asides",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_asides_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_asides_person_id")),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_asides")),
    )
    op.create_table(
        "leads",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_leads_case_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_leads_post_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_leads_person_id")),
        sa.PrimaryKeyConstraint("case_id", "post_id", name=op.f("pk_leads")),
    )
    op.create_index("ix_leads_person", "leads", ["person_id"])


def downgrade() -> None:
    op.drop_table("leads")
    op.drop_table("asides")
    op.drop_table("covers")
