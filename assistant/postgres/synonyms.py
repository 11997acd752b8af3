"""The glossary for whoever searches the database with SQL: what else a name may be called, as `find_passages` needs it.

The assistant itself does not use it: it has looked a question up in the glossary before it searches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.glossary import Glossary

if TYPE_CHECKING:
    from assistant.postgres.database import Connection

_GROUP = """
WITH forms AS (
    SELECT phraseto_tsquery('beleidswijzer_dutch', form) AS query FROM unnest(%s::text[]) AS form
), names AS (
    SELECT string_agg('(' || query::text || ')', ' | ')::tsquery AS query FROM forms WHERE numnode(query) > 0
)
INSERT INTO index_synonyms (name, names)
SELECT DISTINCT forms.query, names.query FROM forms, names WHERE numnode(forms.query) > 0 ON CONFLICT DO NOTHING
"""


def write_synonyms(connection: Connection, glossary: Glossary) -> None:
    """Put the glossary in the place of what was there."""
    connection.execute("DELETE FROM index_synonyms")
    for forms in glossary.groups:
        connection.execute(_GROUP, (forms,))
