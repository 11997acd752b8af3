"""What an error of PostgreSQL means for who runs the assistant: one or two Dutch sentences with the next step.

Nothing of the server's own message is repeated: it can hold a host name, a user name or a row.
"""

from __future__ import annotations

ACCESS = (
    "De databaseserver kent deze gebruiker of dit wachtwoord niet, of laat deze computer niet toe. "
    "Controleer gebruiker en wachtwoord in INDEX_URL, en pg_hba.conf op de server."
)
NO_DATABASE = (
    "De database in INDEX_URL bestaat niet op deze server. Verbeter de naam, "
    "of laat de databasebeheerder de database maken met: CREATE DATABASE beleidswijzer"
)
NO_HOST = "De server in INDEX_URL is niet te vinden. Controleer de naam van de server en het nummer van de poort."
UNREACHABLE = (
    "De databaseserver is niet bereikbaar. Controleer of PostgreSQL draait en of server en poort in INDEX_URL kloppen."
)
GONE = "De verbinding met de database viel weg. Probeer het zo meteen opnieuw."
NOT_READY = "De databaseserver start op of stopt. Probeer het zo meteen opnieuw."
FULL_HOUSE = "De databaseserver heeft geen verbinding vrij. Probeer het zo meteen opnieuw, of verhoog max_connections."
BUSY = "De database is te lang bezet. Probeer het zo meteen opnieuw."
NO_RIGHTS = (
    "Dit databaseaccount heeft te weinig rechten. Laat de databasebeheerder dit uitvoeren: "
    "GRANT beleidswijzer_app TO het account in INDEX_URL. Zie docs/database.md."
)
NOT_OURS = (
    "De tabellen in de database zijn niet wat Beleidswijzer verwacht. "
    "Er is niets veranderd. Typ: beleidswijzer database status"
)
READ_ONLY = (
    "Deze databaseserver is alleen-lezen, bijvoorbeeld omdat het een kopie is. Noem in INDEX_URL de hoofdserver, "
    "of noem alle servers met komma's ertussen."
)
DISK_FULL = "De schijf van de databaseserver is vol. Maak ruimte vrij en probeer het opnieuw."
NO_MEMORY = "De databaseserver heeft te weinig geheugen. Probeer het opnieuw met minder tegelijk."
DAMAGED = "De database is beschadigd of de schijf ervan hapert. Zet een reservekopie terug; zie docs/database.md."
NO_EXTENSION = (
    "De uitbreiding 'vector' (pgvector) staat niet op de databaseserver of niet in deze database. "
    "Laat de databasebeheerder pgvector installeren en dit uitvoeren: CREATE EXTENSION vector"
)
NO_TLS = "De beveiligde verbinding (TLS) met de database lukt niet. Controleer sslmode en het certificaat in INDEX_URL."
WRONG_URL = (
    "INDEX_URL heeft niet de juiste vorm. "
    "Schrijf: INDEX_URL=postgresql://gebruiker:wachtwoord@server:5432/database, met %-tekens voor leestekens "
    "in het wachtwoord."
)

# Classes (two signs) and codes (five) of https://www.postgresql.org/docs/current/errcodes-appendix.html
_SENTENCES = {
    "08": GONE,
    "28": ACCESS,
    "3D000": NO_DATABASE,
    "25006": READ_ONLY,
    "42501": NO_RIGHTS,
    **dict.fromkeys(["3F000", "42P01", "42703", "42883", "42704", "0A000", "22023"], NOT_OURS),
    **dict.fromkeys(["40001", "40P01", "55P03", "57014", "25P03"], BUSY),
    "53100": DISK_FULL,
    "53200": NO_MEMORY,
    "53300": FULL_HOUSE,
    **dict.fromkeys(["57P01", "57P02"], GONE),
    "57P03": NOT_READY,
    **dict.fromkeys(["58030", "58P01", "XX001", "XX002"], DAMAGED),
}
# When a connection cannot be made, libpq gives words and no code. A server that speaks another language than English
# gets the sentence for a server that cannot be reached, which names what to check.
_WORDS = (
    ("too many", FULL_HOUSE),
    ("connection slots", FULL_HOUSE),
    ("password", ACCESS),
    ("pg_hba.conf", ACCESS),
    ("authentication failed", ACCESS),
    ('role "', ACCESS),
    ('database "', NO_DATABASE),
    ("invalid port", NO_HOST),
    ("invalid integer", NO_HOST),
    ("could not translate host name", NO_HOST),
    ("failed to resolve host", NO_HOST),
    ("starting up", NOT_READY),
    ("shutting down", NOT_READY),
    ("not yet accepting", NOT_READY),
    ("recovery mode", NOT_READY),
    ("read-only", READ_ONLY),
    ("read-write", READ_ONLY),
    ("ssl", NO_TLS),
    ("certificate", NO_TLS),
    ("refused", UNREACHABLE),
    ("no such file", UNREACHABLE),
    ("timeout", UNREACHABLE),
    ("no route", UNREACHABLE),
    ("unreachable", UNREACHABLE),
)
# What a restart or a failover of the server looks like from here: worth another try.
PASSING = frozenset({GONE, NOT_READY, FULL_HOUSE, UNREACHABLE, READ_ONLY})


def sentence_for(error: Exception) -> str | None:
    """What to tell about an error of psycopg; None if it is a mistake of ours, which must not be explained away."""
    code = getattr(error, "sqlstate", None)
    if code:
        return _SENTENCES.get(code) or _SENTENCES.get(code[:2])
    return None


def connection_sentence(error: Exception, was_open: bool) -> str:
    """What to tell when a connection cannot be made, or was lost.

    Args:
        was_open: the connection had been made; whatever the error says, the server went away.
    """
    if was_open:
        return sentence_for(error) or GONE
    message = str(error).lower()
    return sentence_for(error) or next((told for words, told in _WORDS if words in message), UNREACHABLE)
