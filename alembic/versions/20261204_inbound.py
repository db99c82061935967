"""mail that comes back: replies and bounces in the debtors' files"""

import sqlalchemy as sa
from alembic import op

revision = "c41f7be2a903"
down_revision = "7d21f0c5be94"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds. What is assigned to nobody yet is there for
# the people of the agency; the sub-select reads through the policy of that table.
EVERYWHERE = "(SELECT current_setting('encaiss.clients', true)) = '*'"
HOLDS = (
    f"{EVERYWHERE} OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)
PERSON = "(SELECT nullif(current_setting('encaiss.user', true), '')::int)"
AGENCY = "(SELECT id FROM app_user WHERE agency_role IS NOT NULL AND disabled_at IS NULL)"
OF_AGENCY = f"(client_id IS NULL AND {PERSON} IN {AGENCY})"
WALLS = {"inbound_message": f"{HOLDS} OR {OF_AGENCY}", "inbound_mailbox": EVERYWHERE}


def upgrade() -> None:
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("debtor_id", sa.Integer(), nullable=True),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("sender_email", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("returned", sa.JSON(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(client_id IS NULL) = (debtor_id IS NULL)", name=op.f("ck_inbound_message_filed")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_inbound_message_client_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_inbound_message_debtor_id")),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox_message.id"], name=op.f("fk_inbound_message_outbox_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_inbound_message_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_message")),
        sa.UniqueConstraint("digest", name=op.f("uq_inbound_message_digest")),
    )
    for column in ("client_id", "debtor_id", "outbox_id"):
        op.create_index(op.f(f"ix_inbound_message_{column}"), "inbound_message", [column], unique=False)
    waiting = sa.text("looked_at IS NULL AND kind = 'reply'")
    op.create_index(
        "ix_inbound_message_unread",
        "inbound_message",
        ["client_id", "debtor_id"],
        unique=False,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "inbound_mailbox",
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_inbound_mailbox")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, holds in WALLS.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {table} USING ({holds})")


def downgrade() -> None:
    op.drop_table("inbound_mailbox")
    op.drop_table("inbound_message")
