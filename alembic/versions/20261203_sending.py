"""exact contents, routes and doubts of messages; addresses that do not exist; numbers for texts; copies; nights"""

import sqlalchemy as sa
from alembic import op

revision = "7d21f0c5be94"
down_revision = "7d20c6f1b348"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)
# The worker's own nights are nobody's but the house's.
EVERYWHERE = "(SELECT current_setting('encaiss.clients', true)) = '*'"
MESSAGE = {
    "rerouted": (sa.String(), ""),
    "contents": (sa.JSON(), "[]"),
    "written_from": (sa.String(), ""),
    "doubts": (sa.Integer(), "0"),
}


def upgrade() -> None:
    for name, (kind, default) in MESSAGE.items():
        op.add_column("outbox_message", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("outbox_message", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("debtor", sa.Column("phone", sa.String(), nullable=False, server_default=""))
    op.add_column("client", sa.Column("copied", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "undeliverable_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_undeliverable_address_client_id")
        ),
        sa.ForeignKeyConstraint(
            ["debtor_id"], ["debtor.id"], name=op.f("fk_undeliverable_address_debtor_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["outbox_message.id"], name=op.f("fk_undeliverable_address_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undeliverable_address")),
    )
    for name in ("client_id", "debtor_id", "message_id"):
        index = op.f(f"ix_undeliverable_address_{name}")
        op.create_index(index, "undeliverable_address", [name], unique=False)
    op.create_table(
        "night_run",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_night_run")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, holds in (("undeliverable_address", HOLDS), ("night_run", EVERYWHERE)):
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {table} USING ({holds})")


def downgrade() -> None:
    op.drop_table("night_run")
    op.drop_table("undeliverable_address")
    op.drop_column("client", "copied")
    op.drop_column("debtor", "phone")
    for name in ("set_aside_at", *reversed(MESSAGE)):
        op.drop_column("outbox_message", name)
