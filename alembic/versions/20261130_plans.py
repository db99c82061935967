"""plans of clients in versions; each message says under which it was planned"""

import sqlalchemy as sa
from alembic import op

revision = "5be07c41d9a2"
down_revision = "3c9ad2e81f57"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)


def upgrade() -> None:
    op.create_table(
        "plan_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_plan_version_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_plan_version_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
        sa.UniqueConstraint("client_id", "version", name=op.f("uq_plan_version_client_id_version")),
    )
    op.create_index(op.f("ix_plan_version_client_id"), "plan_version", ["client_id"], unique=False)
    op.add_column(
        "outbox_message", sa.Column("plan_version", sa.Integer(), nullable=False, server_default="0")
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE plan_version ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE plan_version FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY second_wall ON plan_version USING ({HOLDS})")


def downgrade() -> None:
    op.drop_column("outbox_message", "plan_version")
    op.drop_table("plan_version")
