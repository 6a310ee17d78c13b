"""Addresses that letters come back from."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "returned_addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_by_person_id", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_person_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_returned_addresses_person_id")),
        sa.ForeignKeyConstraint(
            ["marked_by_person_id"], ["people.id"], name=op.f("fk_returned_addresses_marked_by_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_person_id"], ["people.id"], name=op.f("fk_returned_addresses_ended_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_addresses")),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_returned_addresses_person",
        "returned_addresses",
        ["person_id"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )


def downgrade() -> None:
    op.drop_table("returned_addresses")
