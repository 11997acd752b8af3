"""A bot in a process of its own, on a fake Slack, with a real assistant that is as slow as told: to be killed.

python bot_process.py CORPUS_FOLDER API_URL SECONDS LEASE_SECONDS
"""

from __future__ import annotations

import dataclasses
import sys
import time
from pathlib import Path

from assistant import load_settings, open_records
from integrations.slack.bot import bot_for
from integrations.slack.slack_calls import open_client
from integrations.slack.socket_mode import connected, told_to_stop
from slack.bot_parts import FakeAssistant


def main() -> None:
    """Answers until told to stop, and prints when it is connected and when it begins to answer."""
    folder, api_url, seconds, lease_seconds = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
    settings = load_settings(cwd=folder)
    settings = dataclasses.replace(settings, data=folder / "gegevens")
    assistant = FakeAssistant(pieces=("Een wijkteam belt [1] ", "binnen tien werkdagen."))

    def slowly(place: int) -> None:
        print("bezig", place, flush=True)
        if place == 1:
            time.sleep(seconds)

    assistant.before_piece = slowly
    token, app_token = settings.secrets.slack_bot_token or "", settings.secrets.slack_app_token or ""
    with open_records(settings) as records, told_to_stop() as stop:
        bot = bot_for(assistant, settings, records, open_client(token, api_url), lease_seconds=lease_seconds)
        handler = connected(bot, app_token)
        print("verbonden", flush=True)
        stop.wait()
        handler.client.auto_reconnect_enabled = False
        print("gestopt", bot.close(20), flush=True)
        handler.client.close()


if __name__ == "__main__":
    main()
