"""the message before an instalment: of which plan, about which day, once"""

import sqlalchemy as sa
from alembic import op

revision = "c81f4e2a9d07"
down_revision = "a3c5e7091b2d"
branch_labels = None
depends_on = None

ONCE = "stop_id IS NOT NULL AND dropped_at IS NULL AND failed_at IS NULL"


def upgrade() -> None:
    # In words that both databases know: Alembic would add the reference by itself, which SQLite cannot.
    op.execute(
        "ALTER TABLE outbox_message ADD COLUMN stop_id INTEGER"
        " CONSTRAINT fk_outbox_message_stop_id REFERENCES stop (id)"
    )
    op.add_column("outbox_message", sa.Column("instalment_on", sa.Date(), nullable=True))
    op.add_column("outbox_message", sa.Column("instalment_cents", sa.BigInteger(), nullable=True))
    op.create_index(
        "uq_outbox_message_instalment",
        "outbox_message",
        ["stop_id", "instalment_on"],
        unique=True,
        sqlite_where=sa.text(ONCE),
        postgresql_where=sa.text(ONCE),
    )


def downgrade() -> None:
    op.drop_index("uq_outbox_message_instalment", table_name="outbox_message")
    for name in ("instalment_cents", "instalment_on", "stop_id"):
        op.drop_column("outbox_message", name)
