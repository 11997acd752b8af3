"""Which content type a client wants (RFC 9110, Accept)."""

from __future__ import annotations

from starlette.requests import Request

from integrations.http.problems import Problem


def preferred_type(request: Request, *offered: str) -> str:
    """The offered type that the client likes best; the first when it does not care.

    Raises:
        Problem: the client wants none of them (406).
    """
    accept = ", ".join(request.headers.getlist("accept")).strip()
    if not accept:
        return offered[0]
    wishes = [_wish(part) for part in accept.split(",")]
    likings = {media_type: _liking(media_type, wishes) for media_type in offered}
    best = max(offered, key=lambda media_type: likings[media_type])
    if likings[best] <= 0:
        raise Problem(406, "Antwoordtype niet beschikbaar", f"Vraag om: {' of '.join(offered)} (kop Accept).")
    return best


def _wish(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media_type, float(value)
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0


def _liking(media_type: str, wishes: list[tuple[str, float]]) -> float:
    """The weight of the most specific wish that covers the type."""
    kind = media_type.partition("/")[0]
    for covering in (media_type, f"{kind}/*", "*/*"):
        weights = [weight for wish, weight in wishes if wish == covering]
        if weights:
            return max(weights)
    return 0.0
