"""Days on which nobody works in an agency, or in a whole partnership."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "closures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.String(), nullable=False),
        sa.Column("agency_id", sa.String(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_person_id", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by_person_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_closures_partnership_id")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_closures_agency_id")),
        sa.ForeignKeyConstraint(
            ["added_by_person_id"], ["people.id"], name=op.f("fk_closures_added_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by_person_id"], ["people.id"], name=op.f("fk_closures_removed_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index("ix_closures_partnership_id", "closures", ["partnership_id"])


def downgrade() -> None:
    op.drop_index("ix_closures_partnership_id", table_name="closures")
    op.drop_table("closures")
