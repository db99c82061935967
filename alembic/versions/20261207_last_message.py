"""the last message to each debtor and the steps taken, read from indexes alone"""

import sqlalchemy as sa
from alembic import op

revision = "a3c5e7091b2d"
down_revision = "e2b90d47c1f5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_outbox_message_last",
        "outbox_message",
        ["client_id", "debtor_id", "step", "day", "sent_at"],
        unique=False,
        sqlite_where=sa.text("dropped_at IS NULL"),
        postgresql_where=sa.text("dropped_at IS NULL"),
    )
    op.create_index(
        "ix_outbox_line_taken",
        "outbox_line",
        ["client_id", "invoice_id", "step", "message_id"],
        unique=False,
        sqlite_where=sa.text("dropped = 0 AND step IS NOT NULL"),
        postgresql_where=sa.text("NOT dropped AND step IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_line_taken", table_name="outbox_line")
    op.drop_index("ix_outbox_message_last", table_name="outbox_message")
