"""Making the tables and bringing older ones up to date: one transaction a step, and one process at a time.

The steps are the files in migrations/; what was done is remembered in the database itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import DatabaseError, SettingsError
from assistant.postgres.database import ORGANISATION, PostgresDatabase
from assistant.postgres.failures import NO_EXTENSION
from assistant.postgres.schema import APP_ROLE, REVISIONS, SCHEMA, SchemaState, complaint, read_state

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x62656C65  # "bele"; advisory locks are numbers, each database has its own
_LOCK_WAIT = "60s"
_NO_PRIVILEGE = "42501"
MAY_NOT_INIT = (
    "Dit databaseaccount mag deze database niet inrichten. Laat de databasebeheerder dit eenmalig in deze database "
    "uitvoeren: CREATE ROLE beleidswijzer_app; CREATE EXTENSION vector; GRANT beleidswijzer_app TO het account; "
    "GRANT CREATE ON DATABASE de database TO het account. Typ daarna: beleidswijzer database init"
)
NOT_OWNER = (
    "Dit databaseaccount mag de tabellen niet veranderen. "
    "Gebruik in INDEX_URL voor deze opdracht het account dat ze heeft gemaakt met beleidswijzer database init"
)
_TABLES = """
INSERT INTO schema_versions (revision, tables)
SELECT (SELECT version_num FROM alembic_version),
       ARRAY (SELECT relname::text FROM pg_class
              WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'beleidswijzer')
              AND relkind IN ('r', 'p') AND NOT relispartition)
ON CONFLICT (revision) DO UPDATE SET tables = excluded.tables, migrated_at = now()
"""


def schema_state(database: PostgresDatabase) -> SchemaState:
    """What is in the database; changes nothing.

    Raises:
        DatabaseError: the database cannot be reached or read.
    """
    with database.owning() as connection, connection.transaction():
        return read_state(connection)


def init_database(database: PostgresDatabase, until: str = REVISIONS[-1]) -> tuple[str, ...]:
    """Prepare an empty database: role, extension, tables and the organisation of this process; may be repeated.

    Args:
        until: the last step to take; before the last there is no organisation yet.

    Returns:
        The revisions that were applied, oldest first.

    Raises:
        DatabaseError: the account may not do that, pgvector is not on the server, or the tables cannot be used.
    """
    with database.owning() as connection, _alone(connection):
        with connection.transaction():
            state = read_state(connection)
        if state.stage in ("damaged", "newer"):
            raise DatabaseError(complaint(state))
        with _rights(MAY_NOT_INIT):
            _make_role(connection)
            _make_schema(connection, state)
            applied = _upgrade(database, until)
    if until == REVISIONS[-1]:
        add_organisation(database, database.organisation)
    return applied


def migrate_database(database: PostgresDatabase) -> tuple[str, ...]:
    """Bring the tables up to date; returns the revisions that were applied, oldest first.

    An interruption leaves whole steps only; the next call goes on from there.

    Raises:
        DatabaseError: there are no tables yet, they are newer or incomplete, or the account may not change them.
    """
    with database.owning() as connection, _alone(connection):
        with connection.transaction():
            state = read_state(connection)
        if state.stage in ("absent", "damaged", "newer") or not state.has_vector:
            raise DatabaseError(complaint(state))
        with _rights(NOT_OWNER):
            return _upgrade(database, REVISIONS[-1]) if state.stage == "older" else ()


def add_organisation(database: PostgresDatabase, name: str) -> bool:
    """Let the database hold the rows of one more organisation; False if it did already.

    Raises:
        SettingsError: the name is wrong.
        DatabaseError: the tables are not up to date, or the account may not do this.
    """
    if not ORGANISATION.fullmatch(name):
        raise SettingsError(
            "De naam van een organisatie heeft 1 tot 41 kleine letters, cijfers en streepjes, "
            "en begint met een letter of cijfer."
        )
    with database.owning() as connection, _rights(NOT_OWNER), connection.transaction():
        told = complaint(read_state(connection))
        if told is not None:
            raise DatabaseError(told)
        connection.execute(f"SET LOCAL search_path = {SCHEMA}, public".encode())
        connection.execute(f"SET LOCAL beleidswijzer.organisation = '{name}'".encode())
        added = connection.execute(
            "INSERT INTO organisations (organisation) VALUES (%s) ON CONFLICT DO NOTHING", (name,)
        ).rowcount
        connection.execute("SELECT prepare_organisation(%s)", (name,))
    return added == 1


def organisations(database: PostgresDatabase) -> tuple[str, ...]:
    """All organisations in the database, by name; for the account that owns the tables.

    Raises:
        DatabaseError: the account may not see them.
    """
    with database.owning() as connection, _rights(NOT_OWNER):
        rows = connection.execute(f"SELECT organisation FROM {SCHEMA}.organisations ORDER BY 1".encode()).fetchall()
    return tuple(row[0] for row in rows)


def run(statements: str) -> None:
    """Execute the SQL of a step, which may be several statements; for the files in migrations/ only."""
    from alembic import op

    # The driver itself: SQLAlchemy would look for parameters in ':name' and '%'.
    connection: Any = op.get_bind().connection.driver_connection
    connection.execute(statements.encode())


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold off other processes that make or change tables; let go of when the connection ends."""
    connection.execute(f"SET lock_timeout = '{_LOCK_WAIT}'".encode())
    connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    yield
    connection.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def _make_role(connection: Connection) -> None:
    """The role of our processes, and the right of this account to act as it."""
    # A role belongs to the whole server: another database may be making it at this moment.
    connection.execute(
        f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
                CREATE ROLE {APP_ROLE} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$""".encode()
    )
    row = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", (APP_ROLE,)).fetchone()
    if row and not row[0]:
        connection.execute(f"GRANT {APP_ROLE} TO CURRENT_USER".encode())


def _make_schema(connection: Connection, state: SchemaState) -> None:
    available = connection.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    if not state.has_vector and available is None:
        raise DatabaseError(NO_EXTENSION)
    with connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}".encode())
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP_ROLE}".encode())


@contextmanager
def _rights(sentence: str) -> Iterator[None]:
    """Say which rights this work needs, where the account does not have them."""
    try:
        yield
    except Exception as error:
        if getattr(error, "sqlstate", None) == _NO_PRIVILEGE:
            raise DatabaseError(sentence) from None
        raise


def _upgrade(database: PostgresDatabase, until: str) -> tuple[str, ...]:
    """Apply the steps that are missing, each in a transaction of its own."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    applied: list[str] = []
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("version_locations", str(_FOLDER))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)

    def remember(ctx: Any, step: Any, heads: object, run_args: object) -> None:  # noqa: ARG001 — given by name
        ctx.connection.exec_driver_sql(_TABLES)
        applied.append(step.up_revision_id)

    engine = create_engine("postgresql+psycopg://", creator=database.connect_owner, poolclass=NullPool)
    environment = EnvironmentContext(config, script, fn=lambda revision, _: script._upgrade_revs(until, revision))
    try:
        with engine.connect() as connection, environment:
            environment.configure(
                connection=connection,
                transaction_per_migration=True,
                version_table_schema=SCHEMA,
                on_version_apply=remember,
            )
            environment.run_migrations()
    except DBAPIError as error:
        raise error.orig or error from None
    return tuple(applied)
