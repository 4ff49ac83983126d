"""Predictions, kept inputs, corrections, exports."""

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "predictions",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("time", TIME, nullable=False),
        sa.Column("track", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("of", sa.String(64)),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("confidence", sa.Double),
        sa.Column("top", sa.JSON, nullable=False),
        sa.Column("entropy", sa.Double),
        sa.Column("uncertain", sa.Boolean),
        sa.Column("figures", sa.JSON, nullable=False),
        sa.Column("latency_ms", sa.Double, nullable=False),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
    )
    op.create_index("predictions_of_a_track", "predictions", ["track", "time"])
    op.create_index("predictions_of_a_client", "predictions", ["client", "time"])
    op.create_index("ix_predictions_time", "predictions", ["time"])
    op.create_index("ix_predictions_of", "predictions", ["of"])
    op.create_table(
        "kept_inputs",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("clip", sa.LargeBinary, nullable=False),
        sa.Column("until", TIME, nullable=False),
    )
    op.create_index("ix_kept_inputs_until", "kept_inputs", ["until"])
    op.create_table(
        "corrections",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("time", TIME, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("label", sa.String),
        sa.Column("client", sa.String(64), nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("note", sa.String, nullable=False),
    )
    op.create_index("ix_corrections_id", "corrections", ["id"])
    op.create_table(
        "exports",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("time", TIME, nullable=False),
        sa.Column("track", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("clips", sa.Integer, nullable=False),
        sa.Column("erased", sa.Integer, nullable=False),
    )
    op.create_table(
        "exported",
        sa.Column("export", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("client", sa.String(64), nullable=False),
    )
    op.create_index("ix_exported_id", "exported", ["id"])
    op.create_index("ix_exported_client", "exported", ["client"])
