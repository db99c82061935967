"""plans for consumers, for one debtor and for one invoice; who is a consumer; claims beside balances"""

import sqlalchemy as sa
from alembic import op

revision = "7d1f3a90c2e4"
down_revision = "5be07c41d9a2"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)
TABLES = ("special_plan", "payments_known", "claim_line")


def upgrade() -> None:
    op.add_column("client", sa.Column("consumers", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("debtor", sa.Column("kind", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "plan_version", sa.Column("audience", sa.String(), nullable=False, server_default="business")
    )
    op.add_column("outbox_message", sa.Column("regime", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "special_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_special_plan_client_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_special_plan_debtor_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_special_plan_invoice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_special_plan_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_special_plan")),
        sa.UniqueConstraint("client_id", "version", name=op.f("uq_special_plan_client_id_version")),
    )
    for column in ("client_id", "debtor_id", "invoice_id"):
        op.create_index(op.f(f"ix_special_plan_{column}"), "special_plan", [column], unique=False)
    op.create_table(
        "payments_known",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_payments_known_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_payments_known_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments_known")),
    )
    op.create_index(op.f("ix_payments_known_client_id"), "payments_known", ["client_id"], unique=False)
    op.create_table(
        "claim_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_claim_line_client_id")),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], name=op.f("fk_claim_line_message_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_claim_line_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_line")),
    )
    for column in ("client_id", "message_id", "invoice_id"):
        op.create_index(op.f(f"ix_claim_line_{column}"), "claim_line", [column], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {table} USING ({HOLDS})")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("outbox_message", "regime")
    op.drop_column("plan_version", "audience")
    op.drop_column("debtor", "kind")
    op.drop_column("client", "consumers")
