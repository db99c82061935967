"""row level security on PostgreSQL: a second wall between clients"""

from alembic import op

revision = "7d1f5b0c92ae"
down_revision = "2468869437cb"
branch_labels = None
depends_on = None

# Sub-selects, so that PostgreSQL reads a setting once for a statement and not once for a row.
# A setting that was never made is NULL, one of a transaction before is '': both let nobody in.
EVERYWHERE = "(SELECT current_setting('encaiss.clients', true)) = '*'"
CLIENTS = "(SELECT string_to_array(nullif(current_setting('encaiss.clients', true), '*'), ',')::int[])::int[]"
PERSON = "(SELECT nullif(current_setting('encaiss.user', true), '')::int)"
# Read through the policy of that table: the people of the clients that may be seen.
FELLOWS = "(SELECT user_id FROM membership)"

OF_A_CLIENT = (
    "membership",
    "debtor",
    "contact",
    "delegation",
    "import_batch",
    "import_layout",
    "invoice",
    "payment",
    "allocation",
    "outbox_message",
    "outbox_line",
)


def of_client(column: str) -> str:
    return f"{EVERYWHERE} OR {column} = ANY ({CLIENTS})"


def of_person(column: str) -> str:
    return f"{EVERYWHERE} OR {column} = {PERSON}"


# A row is there for whom this holds, and nobody may write one for which it would not.
WALLS = {
    "client": of_client("id"),
    **{table: of_client("client_id") for table in OF_A_CLIENT},
    # Acts of the agency and of a person towards the own account name no client.
    "act": f"{of_client('client_id')} OR (client_id IS NULL AND user_id = {PERSON})",
    "account_mail": f"{of_client('client_id')} OR (client_id IS NULL AND user_id = {PERSON})",
    # The end of the agency's own chain moves with every act on an own account; it names nobody.
    "journal_head": f"{of_client('chain')} OR (chain = 0 AND {PERSON} IS NOT NULL)",
    # The client of a session is only the one looked at: the row is the person's.
    "login_session": of_person("user_id"),
    "second_factor": of_person("user_id"),
    "recovery_code": of_person("user_id"),
    "app_user": of_person("id"),
    # Tries are counted before anybody is known, by the house itself.
    "login_attempt": EVERYWHERE,
    "agency": EVERYWHERE,
}
# What may be read besides: a team shows who has a second factor and who was here last. No key of a
# factor and no cookie is in these rows, only what is worth nothing without the deployment's secret.
READ_BESIDES = {
    "app_user": f"id IN {FELLOWS} OR (agency_role IS NOT NULL AND {PERSON} IS NOT NULL)",
    "login_session": f"user_id IN {FELLOWS}",
    "second_factor": f"user_id IN {FELLOWS}",
    "agency": "true",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, holds in WALLS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # The role that the house signs in with owns its tables, and an owner is let through unless forced.
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY second_wall ON {table} USING ({holds})")
    for table, holds in READ_BESIDES.items():
        op.execute(f"CREATE POLICY second_wall_read ON {table} FOR SELECT USING ({holds})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in READ_BESIDES:
        op.execute(f"DROP POLICY second_wall_read ON {table}")
    for table in WALLS:
        op.execute(f"DROP POLICY second_wall ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
