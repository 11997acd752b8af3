"""Which tables the database has, against what this version needs; found out before anything is read or written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.postgres.failures import NO_EXTENSION

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

SCHEMA = "beleidswijzer"
APP_ROLE = "beleidswijzer_app"  # what a process may do; every account that logs in is a member
REVISIONS = ("0001", "0002", "0003", "0004")  # of migrations/, oldest first

Stage = Literal["absent", "damaged", "older", "current", "newer"]


@dataclass(frozen=True)
class SchemaState:
    """What was found in the database."""

    stage: Stage
    revision: str | None = None  # the newest that was applied
    missing: tuple[str, ...] = ()  # tables that should be there
    has_vector: bool = True  # pgvector is in the database


_FOUND = """
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'beleidswijzer'),
       EXISTS (SELECT FROM pg_extension WHERE extname = 'vector'),
       has_schema_privilege(current_user, (SELECT oid FROM pg_namespace WHERE nspname = 'beleidswijzer'), 'USAGE'),
       ARRAY (SELECT relname::text FROM pg_class
              WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'beleidswijzer')
              AND relkind IN ('r', 'p') AND NOT relispartition)
"""


def read_state(connection: Connection) -> SchemaState:
    """The state of the schema, in a transaction of the account that logs in."""
    row = connection.execute(_FOUND).fetchone()
    exists, has_vector, may_look, tables = row or (False, False, None, [])
    if not exists or not tables:
        return SchemaState("absent", has_vector=has_vector)
    if not may_look:
        connection.execute(f"SET LOCAL ROLE {APP_ROLE}".encode())  # or an error that says which right is missing
    if not {"alembic_version", "schema_versions"} <= set(tables):
        return SchemaState("damaged", None, ("alembic_version",), has_vector)
    revisions = [each[0] for each in connection.execute(f"SELECT version_num FROM {SCHEMA}.alembic_version".encode())]
    if len(revisions) != 1:
        return SchemaState("damaged", None, (), has_vector)
    return _compared(connection, revisions[0], tables, has_vector)


def _compared(connection: Connection, revision: str, tables: list[str], has_vector: bool) -> SchemaState:
    if revision not in REVISIONS:
        return SchemaState("newer", revision, (), has_vector)
    query = f"SELECT tables FROM {SCHEMA}.schema_versions WHERE revision = %s".encode()
    row = connection.execute(query, (revision,)).fetchone()
    missing = tuple(sorted(set(row[0]) - set(tables))) if row else ("schema_versions",)
    if missing:
        return SchemaState("damaged", revision, missing, has_vector)
    return SchemaState("current" if revision == REVISIONS[-1] else "older", revision, (), has_vector)


def complaint(state: SchemaState) -> str | None:
    """Why the database cannot be used as it is, with the command that helps; None if it can."""
    match state.stage:
        case "absent":
            return "In deze database staat nog niets van Beleidswijzer. Typ: beleidswijzer database init"
        case "older" | "current" if not state.has_vector:
            return NO_EXTENSION
        case "damaged":
            names = f" Wat ontbreekt: {', '.join(state.missing)}." if state.missing else ""
            return (
                f"De tabellen in de database zijn onvolledig, bijvoorbeeld door een afgebroken herstel.{names} "
                "Er is niets veranderd. Zet een reservekopie terug in een lege database; zie docs/database.md. "
                "Typ voor de stand: beleidswijzer database status"
            )
        case "older":
            return (
                f"De tabellen in de database zijn van een oudere versie ({state.revision}; nodig is {REVISIONS[-1]}). "
                "Er is niets veranderd. Maak een reservekopie en typ: beleidswijzer database migrate"
            )
        case "newer":
            return (
                f"De tabellen in de database zijn van een nieuwere versie van Beleidswijzer ({state.revision}). "
                "Er is niets veranderd. Werk Beleidswijzer bij: pip install --upgrade 'beleidswijzer[postgres]'"
            )
    return None
