"""imports: debtors recognised, documents kept, changes remembered, software that pushes"""

import sqlalchemy as sa
from alembic import op

revision = "3c9ad2e81f57"
down_revision = "7d1f5b0c92ae"
branch_labels = None
depends_on = None

NEW = (
    *("api_request", "api_token", "debtor_alias", "debtor_change", "debtor_merge"),
    *("import_change", "invoice_document"),
)
# As in the migration before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)


def upgrade() -> None:
    op.create_table(
        "api_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_api_request_batch_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_api_request_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_request")),
        sa.UniqueConstraint("client_id", "key", name=op.f("uq_api_request_client_id_key")),
    )
    with op.batch_alter_table("api_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_request_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_api_request_client_id"), ["client_id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_api_token_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_client_id"), ["client_id"], unique=False)

    op.create_table(
        "debtor_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_debtor_alias_client_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_debtor_alias_debtor_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_debtor_alias_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debtor_alias")),
        sa.UniqueConstraint("client_id", "key", name=op.f("uq_debtor_alias_client_id_key")),
    )
    with op.batch_alter_table("debtor_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_debtor_alias_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_debtor_alias_debtor_id"), ["debtor_id"], unique=False)

    op.create_table(
        "debtor_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_debtor_merge_client_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_debtor_merge_debtor_id")),
        sa.ForeignKeyConstraint(["into_id"], ["debtor.id"], name=op.f("fk_debtor_merge_into_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_debtor_merge_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debtor_merge")),
    )
    with op.batch_alter_table("debtor_merge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_debtor_merge_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_debtor_merge_debtor_id"), ["debtor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_debtor_merge_into_id"), ["into_id"], unique=False)

    op.create_table(
        "debtor_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("debtor_id", sa.Integer(), nullable=False),
        sa.Column("filled", sa.JSON(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("aliases", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_debtor_change_batch_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_debtor_change_client_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_debtor_change_debtor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debtor_change")),
    )
    with op.batch_alter_table("debtor_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_debtor_change_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_debtor_change_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_debtor_change_debtor_id"), ["debtor_id"], unique=False)

    op.create_table(
        "import_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_change_batch_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_import_change_client_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_import_change_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change")),
    )
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_change_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_change_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_change_invoice_id"), ["invoice_id"], unique=False)

    op.create_table(
        "invoice_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_invoice_document_batch_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_invoice_document_client_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_document_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_document")),
    )
    with op.batch_alter_table("invoice_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_document_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_document_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_document_invoice_id"), ["invoice_id"], unique=False)

    with op.batch_alter_table("debtor", schema=None) as batch_op:
        batch_op.add_column(sa.Column("endpoint", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("iban", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("batch_id", sa.Integer(), nullable=True))

    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("batch_id", sa.Integer(), nullable=True))

    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("format", sa.String(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credited", sa.String(), nullable=False, server_default=""))
        batch_op.drop_index(batch_op.f("ix_invoice_client_id"))
    # Without them, each invoice that is taken back would be looked for in every row of these.
    op.create_index("ix_outbox_line_invoice_id", "outbox_line", ["invoice_id"])
    named = sa.text("credited <> ''")
    op.create_index(
        "ix_invoice_credited",
        "invoice",
        ["client_id", "credited"],
        sqlite_where=named,
        postgresql_where=named,
    )

    if op.get_bind().dialect.name == "postgresql":
        for table in NEW:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {table} USING ({HOLDS})")


def downgrade() -> None:
    op.drop_index("ix_invoice_credited", "invoice")
    op.drop_index("ix_outbox_line_invoice_id", "outbox_line")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_client_id"), ["client_id"], unique=False)
        batch_op.drop_column("credited")

    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_column("taken_back_at")
        batch_op.drop_column("format")
        batch_op.drop_column("answers")

    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_column("batch_id")

    with op.batch_alter_table("debtor", schema=None) as batch_op:
        batch_op.drop_column("batch_id")
        batch_op.drop_column("iban")
        batch_op.drop_column("endpoint")

    with op.batch_alter_table("invoice_document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_document_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_document_client_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_document_batch_id"))

    op.drop_table("invoice_document")
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_change_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_import_change_client_id"))
        batch_op.drop_index(batch_op.f("ix_import_change_batch_id"))

    op.drop_table("import_change")
    with op.batch_alter_table("debtor_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_debtor_change_debtor_id"))
        batch_op.drop_index(batch_op.f("ix_debtor_change_client_id"))
        batch_op.drop_index(batch_op.f("ix_debtor_change_batch_id"))

    op.drop_table("debtor_change")
    with op.batch_alter_table("debtor_merge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_debtor_merge_into_id"))
        batch_op.drop_index(batch_op.f("ix_debtor_merge_debtor_id"))
        batch_op.drop_index(batch_op.f("ix_debtor_merge_client_id"))

    op.drop_table("debtor_merge")
    with op.batch_alter_table("debtor_alias", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_debtor_alias_debtor_id"))
        batch_op.drop_index(batch_op.f("ix_debtor_alias_client_id"))

    op.drop_table("debtor_alias")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_client_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("api_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_request_client_id"))
        batch_op.drop_index(batch_op.f("ix_api_request_batch_id"))

    op.drop_table("api_request")
