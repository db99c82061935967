"""accounts, and the journal as chains"""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from encaiss_dashboard.settings import require_secret, settings

revision = "2468869437cb"
down_revision = "c6a91da03ce0"
branch_labels = None
depends_on = None


SQLITE_GUARD = (
    "CREATE TRIGGER act_no_update BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'act is append-only'); END",
    "CREATE TRIGGER act_no_delete BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'act is append-only'); END",
)
POSTGRESQL_GUARD = (
    (
        "CREATE TRIGGER act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act "
        "FOR EACH STATEMENT EXECUTE FUNCTION act_append_only()"
    ),
)
HASHED = (
    "previous",
    "chain",
    "seq",
    "kind",
    "client_id",
    "debtor_id",
    "user_id",
    "actor",
    "address",
    "facts",
    "shown",
)


def upgrade() -> None:
    new_tables()
    with op.batch_alter_table("agency") as table:
        table.add_column(sa.Column("retention", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("app_user") as table:
        table.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    # Whoever is signed in signs in again: these sessions do not know what is asked now.
    op.execute("DELETE FROM login_session")
    with op.batch_alter_table("login_session") as table:
        table.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False))
        table.add_column(sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("second_factor", sa.String(), nullable=False))
        table.add_column(sa.Column("address", sa.String(), nullable=False))
        table.add_column(sa.Column("agent", sa.String(), nullable=False))
    dated_memberships()
    chain_the_journal()


def new_tables() -> None:
    op.create_table(
        "journal_head",
        sa.Column("chain", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_journal_head")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_account_at", "login_attempt", ["account", "at"])
    op.create_index("ix_login_attempt_address_at", "login_attempt", ["address", "at"])
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_recovery_code_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"])
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_second_factor_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    op.create_index(op.f("ix_second_factor_user_id"), "second_factor", ["user_id"])
    op.create_table(
        "account_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("agency_role", sa.String(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_account_mail_client_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["app_user.id"], name=op.f("fk_account_mail_invited_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_account_mail_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_mail")),
    )
    op.create_index(op.f("ix_account_mail_client_id"), "account_mail", ["client_id"])
    op.create_index(op.f("ix_account_mail_user_id"), "account_mail", ["user_id"])


def dated_memberships() -> None:
    """Roles with their dates; case managers keep the clients that they could see: all of them."""
    with op.batch_alter_table("membership") as table:
        table.add_column(sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        table.drop_constraint("uq_membership_client_id_user_id", type_="unique")
    op.execute(
        "UPDATE membership SET created_at = (SELECT u.created_at FROM app_user u WHERE u.id = user_id)"
    )
    op.execute(
        "INSERT INTO membership (client_id, user_id, role, created_at) "
        "SELECT c.id, u.id, 'case_manager', u.created_at FROM client c, app_user u "
        "WHERE u.agency_role = 'case_manager'"
    )
    with op.batch_alter_table("membership") as table:
        table.alter_column("created_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        table.create_index(
            "uq_membership_live",
            ["client_id", "user_id", "role"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def unguard() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER act_no_update")
        op.execute("DROP TRIGGER act_no_delete")
    else:
        op.execute("DROP TRIGGER act_append_only ON act")


def guard() -> None:
    for statement in SQLITE_GUARD if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_GUARD:
        op.execute(statement)


def chain_the_journal() -> None:
    unguard()
    with op.batch_alter_table("act") as table:
        for name in ("actor", "address", "previous", "hash"):
            table.add_column(sa.Column(name, sa.String(), nullable=True))
        table.add_column(sa.Column("shown", sa.JSON(), nullable=True))
        table.add_column(sa.Column("chain", sa.Integer(), nullable=True))
        table.add_column(sa.Column("seq", sa.Integer(), nullable=True))
    link_what_is_there()
    with op.batch_alter_table("act") as table:
        for name in ("actor", "address", "previous", "hash"):
            table.alter_column(name, existing_type=sa.String(), nullable=False)
        table.alter_column("shown", existing_type=sa.JSON(), nullable=False)
        table.alter_column("chain", existing_type=sa.Integer(), nullable=False)
        table.alter_column("seq", existing_type=sa.Integer(), nullable=False)
        table.alter_column("client_id", existing_type=sa.Integer(), nullable=True)
        table.create_unique_constraint("uq_act_chain_seq", ["chain", "seq"])
    guard()


def link_what_is_there() -> None:
    """Give the acts of before their place in the chains, in the order they were written down."""
    act = sa.table(
        "act",
        *map(sa.column, ("id", "client_id", "debtor_id", "kind", "user_id")),
        *map(sa.column, ("actor", "address", "chain", "seq", "previous", "hash")),
        sa.column("day", sa.Date()),
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("facts", sa.JSON()),
        sa.column("shown", sa.JSON()),
    )
    head = sa.table("journal_head", *map(sa.column, ("chain", "seq", "hash", "signature")))
    connection = op.get_bind()
    names = dict(connection.execute(sa.text("SELECT id, name FROM app_user")).all())
    rows = connection.execute(sa.select(act).order_by(act.c.client_id, act.c.id)).mappings().all()
    if rows:
        require_secret(settings)
    for chain, some in groupby(rows, lambda row: row["client_id"]):
        seq, last = 0, ""
        for seq, row in enumerate(some, start=1):
            linked = {
                "actor": names.get(row["user_id"], "Encaiss"),
                "address": "",
                "shown": {},
                "chain": chain,
                "seq": seq,
                "previous": last,
            }
            last = digest({**row, **linked})
            connection.execute(sa.update(act).where(act.c.id == row["id"]).values(**linked, hash=last))
        signature = hmac.new(
            settings.secret.encode(), f"journal:{chain}:{seq}:{last}".encode(), hashlib.sha256
        ).hexdigest()
        connection.execute(sa.insert(head).values(chain=chain, seq=seq, hash=last, signature=signature))


def digest(values: dict) -> str:
    at: datetime = values["at"]
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    content = [
        *(values[name] for name in HASHED),
        values["day"].isoformat(),
        at.isoformat(timespec="microseconds"),
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def downgrade() -> None:
    op.execute("DELETE FROM membership WHERE ended_at IS NOT NULL OR role = 'case_manager'")
    with op.batch_alter_table("membership") as table:
        table.drop_index("uq_membership_live")
        table.create_unique_constraint("uq_membership_client_id_user_id", ["client_id", "user_id"])
        table.drop_column("ended_at")
        table.drop_column("created_at")
    with op.batch_alter_table("login_session") as table:
        for name in ("agent", "address", "second_factor", "complete_at", "seen_at"):
            table.drop_column(name)
    with op.batch_alter_table("app_user") as table:
        table.drop_column("erased_at")
    with op.batch_alter_table("agency") as table:
        table.drop_column("retention")
    unguard()
    op.execute("DELETE FROM act WHERE client_id IS NULL")
    with op.batch_alter_table("act") as table:
        table.drop_constraint("uq_act_chain_seq", type_="unique")
        table.alter_column("client_id", existing_type=sa.Integer(), nullable=False)
        for name in ("hash", "previous", "seq", "chain", "shown", "address", "actor"):
            table.drop_column(name)
    guard()
    for name in ("account_mail", "second_factor", "recovery_code", "login_attempt", "journal_head"):
        op.drop_table(name)
