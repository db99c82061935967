"""letters: a client's own words and logo, what was brought to the post, the agency's envelopes"""

import sqlalchemy as sa
from alembic import op

revision = "c41f8a6d20b7"
down_revision = "c41f7be2a903"
branch_labels = None
depends_on = None

NEW = ("client_logo", "letter_text", "posting")
# As in the migrations before: a row is there for whom this holds.
HOLDS = (
    "(SELECT current_setting('encaiss.clients', true)) = '*' OR client_id = ANY ((SELECT string_to_array("
    "nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[])"
)


def upgrade() -> None:
    op.create_table(
        "letter_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_letter_text_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_letter_text_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_text")),
        sa.UniqueConstraint(
            "client_id",
            "step",
            "language",
            "version",
            name=op.f("uq_letter_text_client_id_step_language_version"),
        ),
    )
    op.create_index(op.f("ix_letter_text_client_id"), "letter_text", ["client_id"], unique=False)
    op.create_table(
        "client_logo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_logo_client_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_client_logo_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_logo")),
    )
    op.create_index(op.f("ix_client_logo_client_id"), "client_logo", ["client_id"], unique=False)
    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("tracking", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_posting_client_id")),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_message.id"], name=op.f("fk_posting_message_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_posting_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_client_id"), "posting", ["client_id"], unique=False)
    op.create_index(op.f("ix_posting_message_id"), "posting", ["message_id"], unique=False)
    op.add_column(
        "outbox_message", sa.Column("text_version", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("agency", sa.Column("envelope", sa.String(), nullable=False, server_default="be_right"))
    if op.get_bind().dialect.name == "postgresql":
        for table in NEW:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY second_wall ON {table} USING ({HOLDS})")


def downgrade() -> None:
    op.drop_column("agency", "envelope")
    op.drop_column("outbox_message", "text_version")
    for table in NEW:
        op.drop_table(table)
