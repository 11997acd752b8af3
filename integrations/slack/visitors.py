"""Who is a colleague: a full member of the bot's own workspace."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from integrations.slack.slack_calls import SlackCalls, SlackError

_REMEMBERED_SECONDS = 600.0
_MOST_REMEMBERED = 5_000


class Visitors:
    """Asks Slack who somebody is, and remembers it for ten minutes."""

    def __init__(self, calls: SlackCalls, team: str) -> None:
        self._calls, self._team = calls, team
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def is_colleague(self, user: str, team: str) -> bool:
        """Whether this person is no guest and not of another workspace.

        Raises:
            SlackError: Slack does not say.
        """
        if team and team != self._team:
            return False
        with self._lock:
            until, known = self._known.get(user, (0.0, False))
        if time.monotonic() < until:
            return known
        found = self._ask(user)
        with self._lock:
            self._known[user] = (time.monotonic() + _REMEMBERED_SECONDS, found)
            while len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _ask(self, user: str) -> bool:
        try:
            person = self._calls("users.info", user=user)["user"]
        except SlackError as error:
            if error.code in ("user_not_found", "user_not_visible"):
                return False
            raise
        is_ours = person.get("team_id") == self._team and not person.get("is_stranger")
        guest = person.get("is_restricted") or person.get("is_ultra_restricted")
        return bool(is_ours and not guest and not person.get("is_bot") and not person.get("deleted"))
