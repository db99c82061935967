"""money in: what banks told, how it was booked, what is paid on to clients"""

import sqlalchemy as sa
from alembic import op

revision = "c81f5d3a92e6"
down_revision = "c81f4e2a9d07"
branch_labels = None
depends_on = None

# As in the migrations before: a row is there for whom this holds; what has no client is the agency's.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)
PERSON = "(SELECT nullif(current_setting('encaiss.user', true), '')::int)"
AGENCY = "(SELECT id FROM app_user WHERE agency_role IS NOT NULL AND disabled_at IS NULL)"
OF_AGENCY = f"(client_id IS NULL AND {PERSON} IN {AGENCY})"
OF_BANKS = ("bank_account", "bank_import", "bank_statement", "bank_line", "bank_decision")
OF_CLIENTS = ("counterparty", "accessory_allocation", "booking_rules", "remittance", "remittance_line")
WALLS = dict.fromkeys(OF_CLIENTS, HOLDS) | dict.fromkeys(OF_BANKS, f"{HOLDS} OR {OF_AGENCY}")


def upgrade() -> None:
    op.create_table(
        "bank_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bank_account_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
        sa.UniqueConstraint(
            "client_id", "number", "currency", name=op.f("uq_bank_account_client_id_number_currency")
        ),
    )
    with op.batch_alter_table("bank_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_account_client_id"), ["client_id"], unique=False)

    op.create_table(
        "bank_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bank_import_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_bank_import_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_import")),
    )
    with op.batch_alter_table("bank_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_import_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_import_digest"), ["digest"], unique=False)

    op.create_table(
        "booking_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("confidence_min", sa.Integer(), nullable=False),
        sa.Column("tolerance_cents", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("confidence_min BETWEEN 0 AND 101", name=op.f("ck_booking_rules_confidence")),
        sa.CheckConstraint("tolerance_cents >= 0", name=op.f("ck_booking_rules_tolerance")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_booking_rules_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_booking_rules_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_rules")),
    )
    with op.batch_alter_table("booking_rules", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_rules_client_id"), ["client_id"], unique=False)

    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("opening_cents", sa.BigInteger(), nullable=True),
        sa.Column("closing_cents", sa.BigInteger(), nullable=True),
        sa.Column("told_cents", sa.BigInteger(), nullable=False),
        sa.Column("known_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["bank_account.id"], name=op.f("fk_bank_statement_account_id")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bank_statement_client_id")),
        sa.ForeignKeyConstraint(["import_id"], ["bank_import.id"], name=op.f("fk_bank_statement_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
    )
    with op.batch_alter_table("bank_statement", schema=None) as batch_op:
        batch_op.create_index("ix_bank_statement_account_number", ["account_id", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_statement_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_statement_import_id"), ["import_id"], unique=False)

    op.create_table(
        "bank_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("original_currency", sa.String(), nullable=False),
        sa.Column("original_cents", sa.BigInteger(), nullable=True),
        sa.Column("counterparty", sa.String(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("bic", sa.String(), nullable=False),
        sa.Column("structured", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("end_to_end", sa.String(), nullable=False),
        sa.Column("mandate", sa.String(), nullable=False),
        sa.Column("bank_reference", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.Column("return_reason", sa.String(), nullable=False),
        sa.Column("is_charge", sa.Boolean(), nullable=False),
        sa.Column("invoice_number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["bank_account.id"], name=op.f("fk_bank_line_account_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bank_line_client_id")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statement.id"], name=op.f("fk_bank_line_statement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint(
            "account_id", "fingerprint", "copies", name=op.f("uq_bank_line_account_id_fingerprint_copies")
        ),
    )
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.create_index("ix_bank_line_client_booked", ["client_id", "booked_on", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_line_statement_id"), ["statement_id"], unique=False)

    op.create_table(
        "bank_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bank_decision_client_id")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_decision_line_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_bank_decision_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_decision")),
    )
    with op.batch_alter_table("bank_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_decision_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bank_decision_line_id"), ["line_id"], unique=False)

    op.create_table(
        "counterparty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_counterparty_client_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_counterparty_debtor_id")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_counterparty_line_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_counterparty_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counterparty")),
    )
    with op.batch_alter_table("counterparty", schema=None) as batch_op:
        batch_op.create_index("ix_counterparty_client_key", ["client_id", "key"], unique=False)
        batch_op.create_index(batch_op.f("ix_counterparty_debtor_id"), ["debtor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_counterparty_line_id"), ["line_id"], unique=False)

    op.create_table(
        "remittance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("remitted_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("iban", sa.String(), nullable=False),
        sa.Column("transfer", sa.String(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("returned_id", sa.Integer(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["bank_account.id"], name=op.f("fk_remittance_account_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_remittance_client_id")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_remittance_line_id")),
        sa.ForeignKeyConstraint(["returned_id"], ["bank_line.id"], name=op.f("fk_remittance_returned_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_remittance_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance")),
        sa.UniqueConstraint("number", name=op.f("uq_remittance_number")),
    )
    with op.batch_alter_table("remittance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remittance_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_line_id"), ["line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_returned_id"), ["returned_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_transfer"), ["transfer"], unique=False)

    op.create_table(
        "accessory_allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("allocated_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_accessory_allocation_client_id")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_accessory_allocation_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_accessory_allocation_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accessory_allocation")),
    )
    with op.batch_alter_table("accessory_allocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accessory_allocation_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_accessory_allocation_invoice_id"), ["invoice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_accessory_allocation_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "remittance_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("remittance_id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_remittance_line_client_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_remittance_line_payment_id")),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.id"], name=op.f("fk_remittance_line_remittance_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_line")),
        sa.UniqueConstraint(
            "remittance_id", "payment_id", name=op.f("uq_remittance_line_remittance_id_payment_id")
        ),
    )
    with op.batch_alter_table("remittance_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remittance_line_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_line_payment_id"), ["payment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_remittance_line_remittance_id"), ["remittance_id"], unique=False)

    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bank_line_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("reverses_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_payment_bank_line_id"), ["bank_line_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_reverses_id"), ["reverses_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_payment_bank_line_id"), "bank_line", ["bank_line_id"], ["id"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_payment_reverses_id"), "payment", ["reverses_id"], ["id"])

    if op.get_bind().dialect.name == "postgresql":
        for table, holds in WALLS.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {table} USING ({holds})")


def downgrade() -> None:
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_payment_reverses_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_payment_bank_line_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_payment_reverses_id"))
        batch_op.drop_index(batch_op.f("ix_payment_bank_line_id"))
        batch_op.drop_column("reverses_id")
        batch_op.drop_column("bank_line_id")

    op.drop_table("remittance_line")
    op.drop_table("accessory_allocation")
    op.drop_table("remittance")
    op.drop_table("counterparty")
    op.drop_table("bank_decision")
    op.drop_table("bank_line")
    op.drop_table("bank_statement")
    op.drop_table("booking_rules")
    op.drop_table("bank_import")
    op.drop_table("bank_account")
