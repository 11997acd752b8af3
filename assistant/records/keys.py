"""API keys: made, shown once, and found back by what the client sends; only a hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex
from typing import Literal, get_args

from assistant.errors import UsageError
from assistant.records.transactions import Clock, RecordsDatabase

KeyRole = Literal["gebruiker", "beheerder"]

_PREFIX = "bw"  # lets a scanner for leaked secrets know one of ours
_LONGEST_NAME = 100
_COLUMNS = "id, name, role, created, last_used, revoked, hash"
_NO_HASH = "0" * 64


@dataclass(frozen=True)
class Key:
    """What is known of an API key; the key itself is not kept."""

    id: str
    name: str
    role: KeyRole
    created: datetime
    last_used: date | None = None
    revoked: datetime | None = None


class Keys:
    """The API keys of this installation."""

    def __init__(self, database: RecordsDatabase, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def create(self, name: str, role: KeyRole) -> tuple[str, Key]:
        """A new key as the client must send it, to be shown once, and what is kept of it.

        Raises:
            UsageError: the name is empty, too long or not printable.
        """
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise UsageError(f"Geef de sleutel een naam van 1 tot {_LONGEST_NAME} gewone tekens.")
        if role not in get_args(KeyRole):
            raise UsageError(f"De rol '{role}' bestaat niet. Kies uit: {', '.join(get_args(KeyRole))}.")
        now = self._clock()
        key = Key(token_hex(4), name, role, datetime.fromtimestamp(now, UTC))
        secret = f"{_PREFIX}_{key.id}_{token_hex(32)}"
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO keys (id, name, role, hash, created) VALUES (?, ?, ?, ?, ?)",
                (key.id, name, role, _hash(secret), now),
            )
        return secret, key

    def find(self, secret: str) -> Key | None:
        """The key that a client sent, if it is one of ours and not revoked; notes that it was used today."""
        prefix, _, rest = secret.partition("_")
        key_id = rest.partition("_")[0]
        with self._database.reading() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM keys WHERE id = ?", (key_id,)).fetchone()
        # An unknown id is compared too, so that the time taken tells nothing.
        right = compare_digest(_hash(secret), row[-1] if row else _NO_HASH)
        if not row or not right or prefix != _PREFIX:
            return None
        key = _key(row)
        if key.revoked:
            return None
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        if key.last_used != today:  # one write a day, not one a request
            with self._database.writing(durable=False) as connection:
                connection.execute("UPDATE keys SET last_used = ? WHERE id = ?", (today.isoformat(), key.id))
        return key

    def list(self) -> tuple[Key, ...]:
        """All keys, oldest first, revoked ones too."""
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created, id").fetchall()
        return tuple(_key(row) for row in rows)

    def revoke(self, key_id: str) -> bool:
        """Stop a key from working, at once and in every process; False if there is no such working key."""
        now = self._clock()
        with self._database.writing() as connection:
            changed = connection.execute("UPDATE keys SET revoked = ? WHERE id = ? AND revoked IS NULL", (now, key_id))
            return changed.rowcount == 1


def _key(row: tuple[str, str, KeyRole, float, str | None, float | None, str]) -> Key:
    key_id, name, role, created, last_used, revoked, _ = row
    return Key(
        key_id,
        name,
        role,
        datetime.fromtimestamp(created, UTC),
        date.fromisoformat(last_used) if last_used else None,
        datetime.fromtimestamp(revoked, UTC) if revoked is not None else None,
    )


def _hash(secret: str) -> str:
    # One round of SHA-256 is enough: a key holds 256 random bits, so that there is nothing to guess or to look up.
    # Slow hashes such as bcrypt are for passwords that people think of, and would cost every request 0.1 second.
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
