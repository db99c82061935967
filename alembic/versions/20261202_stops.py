"""what stops reminders: opening facts, later facts, their invoices and documents"""

import sqlalchemy as sa
from alembic import op

revision = "7d20c6f1b348"
down_revision = "7d1f3a90c2e4"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)
TABLES = ("stop", "stop_invoice", "stop_event", "stop_document")


def upgrade() -> None:
    _table(
        "stop",
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        *_written(),
        refers={"debtor_id": "debtor", "user_id": "app_user"},
        indexed=("debtor_id",),
    )
    _table(
        "stop_invoice",
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.UniqueConstraint("stop_id", "invoice_id", name=op.f("uq_stop_invoice_stop_id_invoice_id")),
        refers={"stop_id": "stop", "invoice_id": "invoice"},
        indexed=("stop_id", "invoice_id"),
    )
    _table(
        "stop_event",
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        *_written(),
        refers={"stop_id": "stop", "user_id": "app_user"},
        indexed=("stop_id",),
    )
    _table(
        "stop_document",
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        refers={"stop_id": "stop", "user_id": "app_user"},
        indexed=("stop_id",),
    )
    if op.get_bind().dialect.name == "postgresql":
        for name in TABLES:
            op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {name} USING ({HOLDS})")


def _written():
    return (
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _table(name, *columns, refers, indexed):
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{name}_{column}"))
            for column, to in {"client_id": "client", **refers}.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    for column in ("client_id", *indexed):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column], unique=False)


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
