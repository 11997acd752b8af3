"""Fixtures: one PostgreSQL server for the session, and a fresh database with all tables for each test.

conftest.py takes them up, so that every test file may use them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from postgres_server import PostgresServer

from assistant.postgres.database import PostgresDatabase
from assistant.postgres.migrating import init_database

__all__ = ["empty_url", "postgres_server", "postgres_template", "postgres_url"]

ORGANISATION = "standaard"
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs for the whole session; a test that stops it starts it again."""
    server = PostgresServer.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database with all tables and the organisation "standaard", to be copied."""
    create_database(postgres_server, "sjabloon")
    init_database(PostgresDatabase(postgres_server.url("sjabloon"), ORGANISATION))
    return "sjabloon"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """The address of a fresh database with all tables and the organisation "standaard"."""
    name = f"test_{next(_NUMBERS)}"
    create_database(postgres_server, name, postgres_template)
    yield postgres_server.url(name)
    drop_database(postgres_server, name)


@pytest.fixture
def empty_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database with nothing in it."""
    name = f"leeg_{next(_NUMBERS)}"
    create_database(postgres_server, name)
    yield postgres_server.url(name)
    drop_database(postgres_server, name)


def create_database(server: PostgresServer, name: str, template: str = "template1") -> None:
    superuser(server, f"CREATE DATABASE {name} TEMPLATE {template}")


def drop_database(server: PostgresServer, name: str) -> None:
    superuser(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def superuser(server: PostgresServer, statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
    """Run SQL as the superuser, in no transaction; returns the rows of a query."""
    with psycopg.connect(server.url(database), autocommit=True) as connection:
        cursor = connection.execute(statements.encode())
        return cursor.fetchall() if cursor.description else []
