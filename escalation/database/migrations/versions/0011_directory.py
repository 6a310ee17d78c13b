"""The directory: what is closed and came after it, contacts, several partnerships, who changed what."""

import sqlalchemy as sa
from alembic import op

from escalation.database import guards

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def _added(table: str, column: str, of: str) -> None:
    # In place on both engines: a batch would copy tables that others point at, and drop their triggers.
    key = sa.ForeignKey(f"{of}.id", name=op.f(f"fk_{table}_{column}"))
    op.add_column(table, sa.Column(column, sa.String(), key, nullable=True), inline_references=True)


def upgrade() -> None:
    for table in ("agencies", "teams", "posts"):
        op.add_column(table, sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    _added("teams", "successor_id", "teams")
    _added("posts", "successor_id", "posts")
    _added("drafts", "partnership_id", "partnerships")
    op.create_table(
        "memberships",
        sa.Column("agency_id", sa.String(), nullable=False),
        sa.Column("partnership_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_memberships_agency_id")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_memberships_partnership_id")
        ),
        sa.PrimaryKeyConstraint("agency_id", "partnership_id", name=op.f("pk_memberships")),
    )
    op.create_index("ix_memberships_partnership_id", "memberships", ["partnership_id"])
    op.create_table(
        "contacts",
        sa.Column("agency_id", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("post_id", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_person_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_contacts_agency_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_contacts_post_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_person_id"], ["people.id"], name=op.f("fk_contacts_confirmed_by_person_id")
        ),
        sa.PrimaryKeyConstraint("agency_id", "level", name=op.f("pk_contacts")),
    )
    op.create_table(
        "directory_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.String(), nullable=False),
        sa.Column("agency_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_directory_changes_partnership_id")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_directory_changes_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_directory_changes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_changes")),
    )
    op.create_index("ix_directory_changes_partnership", "directory_changes", ["partnership_id", "id"])
    op.create_index("ix_directory_changes_agency", "directory_changes", ["agency_id", "id"])
    guards.put_up(op.get_bind(), "directory_changes")


def downgrade() -> None:
    op.drop_table("directory_changes")
    op.drop_table("contacts")
    op.drop_table("memberships")
    op.drop_column("drafts", "partnership_id")
    for table in ("posts", "teams"):
        op.drop_column(table, "successor_id")
        op.drop_column(table, "closed_at")
    op.drop_column("agencies", "closed_at")
