"""calls: each attempt to reach a debtor by telephone, with how it went"""

import sqlalchemy as sa
from alembic import op

revision = "e2b90d47c1f5"
down_revision = "c41f8a6d20b7"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)
LED = {
    "client_id": "client",
    "debtor_id": "debtor",
    "message_id": "outbox_message",
    "stop_id": "stop",
    "user_id": "app_user",
}


def upgrade() -> None:
    op.create_table(
        "call_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("transcript", sa.String(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_call_attempt_{column}"))
            for column, table in LED.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempt")),
    )
    for column in ("client_id", "debtor_id", "message_id", "stop_id"):
        op.create_index(op.f(f"ix_call_attempt_{column}"), "call_attempt", [column], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE call_attempt ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE call_attempt FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY second_wall ON call_attempt USING ({HOLDS})")


def downgrade() -> None:
    op.drop_table("call_attempt")
