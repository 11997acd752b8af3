"""An e-mail in, a `Source` out: subject, sender and date, then the message; attachments are only named."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage, MIMEPart
from pathlib import Path

from assistant.errors import DocumentError
from assistant.loaders.archives import refusing_damage
from assistant.loaders.html import parse, pieces_of
from assistant.loaders.pieces import Piece, assemble, squeeze
from assistant.loaders.text import load_text
from assistant.types import Source
from assistant.wording import date_words

_MOST_NAMED = 20  # attachments


def load_email(path: Path, data: bytes) -> Source:
    """The message with its headers; the plain text is preferred above the laid out one."""
    with refusing_damage(path):
        message = email.message_from_bytes(data, policy=email.policy.default)
        sender, subject = _header(message, "from"), _header(message, "subject")
        if not sender and not subject:
            raise DocumentError(
                f"{path.name} is geen e-mail: afzender en onderwerp ontbreken. Bewaar het bericht opnieuw als .eml."
            )
        sent = _sent(message)
        named = [f"Afzender: {sender}"] if sender else []
        named += [f"Datum: {date_words(sent.date())}"] if sent else []
        pieces = [Piece("heading", subject or "E-mail zonder onderwerp", 1)]
        pieces += [Piece("paragraph", text) for text in named]
        pieces += _body(path, message)
        warnings = _attachments(path, message)
    return assemble(pieces, title=subject or None, stated_date=sent.date() if sent else None, warnings=warnings)


def _header(message: EmailMessage, name: str) -> str:
    return squeeze(str(message.get(name) or ""))


def _sent(message: EmailMessage) -> datetime | None:
    found = getattr(message.get("date"), "datetime", None)
    return found if isinstance(found, datetime) and found.year >= 1970 else None


def _body(path: Path, message: EmailMessage) -> Sequence[Piece]:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return []
    content = _content(part)
    if part.get_content_subtype() == "html":
        return pieces_of(parse(content))
    if not content.strip():
        return []
    source = load_text(path, content.encode())
    texts = [(block, squeeze(source.text[block.begin : block.end])) for block in source.blocks]
    return [Piece(block.kind, text, max(block.level, 2) if block.kind == "heading" else block.level)
            for block, text in texts if text]  # fmt: skip


def _content(part: MIMEPart) -> str:
    try:
        content = part.get_content()
    except (LookupError, UnicodeError, ValueError):  # an encoding that does not exist
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
    return content.decode("cp1252", "replace") if isinstance(content, bytes) else str(content)


def _attachments(path: Path, message: EmailMessage) -> list[str]:
    names = [squeeze(part.get_filename() or "zonder naam") for part in message.iter_attachments()]
    if not names:
        return []
    more = f" en nog {len(names) - _MOST_NAMED}" if len(names) > _MOST_NAMED else ""
    return [
        f"De bijlagen van {path.name} zijn niet gelezen: {', '.join(names[:_MOST_NAMED])}{more}. "
        "Voeg een bijlage die ertoe doet toe als eigen document."
    ]
