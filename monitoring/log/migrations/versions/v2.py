"""Drift reports."""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "drift_reports",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("track", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("fired", sa.Boolean, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("verdict", sa.JSON),
    )
    op.create_index("drift_reports_of_a_track", "drift_reports", ["track", "made"])
