"""Draws docs/screenshots/slack-*.png: what the bot posts in a local Slack, in HTML of our own and not by Slack itself.

    PYTHONPATH=tests:. python -m slack.pictures [FOLDER]

The messages are real: the real assistant on the starter corpus, through the real Bolt application.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from slack_sdk import WebClient

from assistant import Assistant, load_settings, open_assistant, open_records
from integrations.slack.bot import open_bot
from integrations.slack.markup import read_markdown
from slack.bot_parts import connected, finished
from slack.fake_slack import FakeSlack

ROOT = Path(__file__).parents[2]
NAMES = {"U1": "Sanne", "U2": "Karim", "U7": "Mo"}
STYLE = """
body { font: 15px/1.46 Lato, "Noto Sans", "DejaVu Sans", sans-serif; color: #1d1c1d; margin: 0; width: 680px;
  background: #fff; }
main { padding: 16px 20px; }
p { margin: 0 0 6px; }
a { color: #1264a3; text-decoration: none; }
.m { display: grid; grid-template-columns: 40px 1fr; gap: 10px; margin-bottom: 14px; }
.a { width: 36px; height: 36px; border-radius: 8px; background: #154273; color: #fff; text-align: center;
  line-height: 36px; font-weight: bold; }
.a.p { background: #7a5c00; }
.n { font-weight: bold; }
.app { background: #ddd; border-radius: 3px; font-size: 10px; padding: 1px 4px; }
.only { color: #616061; font-size: 13px; }
.s { color: #616061; font-size: 12.5px; margin: 4px 0; }
.r { margin: 4px 0; white-space: pre-wrap; }
ul { margin: 2px 0; padding-left: 22px; }
blockquote { border-left: 4px solid #ddd; margin: 4px 0; padding-left: 10px; white-space: pre-wrap; }
.b { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 3px 11px;
  margin: 6px 6px 4px 0; font-weight: bold; font-size: 13px; background: #fff; }
.modal { border: 1px solid #bbb; border-radius: 8px; margin: 16px; }
.modal h1 { font-size: 18px; margin: 0; padding: 14px 18px; border-bottom: 1px solid #ddd; }
.modal div.in { padding: 12px 18px; }
.modal footer { border-top: 1px solid #ddd; padding: 6px 18px; text-align: right; }
.field { border: 1px solid #888; border-radius: 4px; height: 54px; margin: 4px 0 10px; }
label { font-weight: bold; }
.note { background: #f4f4f4; color: #616061; font-size: 12px; padding: 6px 20px; }
"""


def main() -> None:
    """Writes every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 680, "height": 300}, device_scale_factor=1.5)
        for name, content in scenes():
            note = "<div class=note>Eigen weergave van de berichten; in Slack zelf ziet het er iets anders uit.</div>"
            page.set_content(f"<!doctype html><style>{STYLE}</style><body>{content}{note}")
            page.locator("body").screenshot(path=folder / f"slack-{name}.png")
            print(f"slack-{name}.png")
        browser.close()


@contextmanager
def bot_at_work(assistant: Assistant, folder: Path, toml: str) -> Iterator[FakeSlack]:
    """A local Slack with the bot in it."""
    (folder / "beleidswijzer.toml").write_text(toml, encoding="utf-8")
    settings = load_settings(environ={"BELEIDSWIJZER_URL": "https://beleidswijzer.voorbeeld.nl"}, cwd=folder)
    settings = replace(settings, data=folder / "gegevens")
    with FakeSlack() as slack, open_records(settings) as records:
        slack.add_channel("C1", "wijkteam-noord", members=["U1", "U2"])
        slack.add_channel("C9", "vraag-een-collega", members=["U3"])
        bot = open_bot(assistant, settings, records, WebClient(slack.bot_token, base_url=slack.api_url))
        with connected(slack, bot):
            yield slack
        bot.close(10)


def scenes() -> Iterator[tuple[str, str]]:
    """A name and the HTML of each picture."""
    assistant = open_assistant(load_settings(cwd=ROOT))
    with (
        tempfile.TemporaryDirectory() as place,
        bot_at_work(assistant, Path(place), '[slack]\ncolleague_channel = "C9"\n') as slack,
    ):
        asked = slack.say("U1", "C1", f"{slack.mention} Wat vervangt het kwaliteitskader?")
        answer = finished(slack, "C1", asked.ts)[0]
        slack.say("U1", "C1", "Wanneer is die vastgesteld?", asked.ts)
        finished(slack, "C1", asked.ts, 2)
        yield "antwoord-in-draad", conversation(slack.thread("C1", asked.ts))

        slack.click("U1", answer, "toon_passages")
        yield "passages", modal(slack.wait_for(lambda: slack.modals("U1"))[-1].content)

        value = next(each for each in answer.elements if each["action_id"] == "beoordeling")["negative_button"]["value"]
        slack.click("U2", answer, "beoordeling", value)
        yield "beoordeling", modal(slack.wait_for(lambda: slack.modals("U2"))[-1].content)

        slack.click("U1", answer, "vraag_collega")
        yield "vraag-een-collega", conversation(slack.wait_for(lambda: slack.bot_messages("C9")))

        asked = slack.say("U1", "C1", f"{slack.mention} Hoeveel kost een zwemabonnement in Utrecht?")
        finished(slack, "C1", asked.ts)
        yield "staat-niet-in-de-bronnen", conversation(slack.thread("C1", asked.ts))

        blocked = slack.say("U2", "C1", f"{slack.mention} Mag ik mevrouw Jansen (BSN 111222333) aanmelden?")
        warning = slack.wait_for(lambda: slack.ephemerals("U2", "C1"))
        yield "clientgegevens", conversation([blocked, *warning])

        slack.command("U1", "C1", "/beleid", "Wat doet Veilig Thuis?")
        private = slack.wait_for(lambda: [each for each in slack.ephemerals("U1", "C1") if each.elements])
        yield "besloten-antwoord", conversation(private)

        direct = slack.direct_message("U1", "Wie was voorzitter van de werkgroep-Halsema?")
        finished(slack, slack.dm("U1"), direct.ts)
        slack.open_agent("U1")
        prompts = slack.wait_for(lambda: slack.prompts("U1"))
        shown = "".join(f"<span class=b>{escape(each['title'])}</span> " for each in prompts)
        yield "direct-bericht", conversation(slack.thread(slack.dm("U1"), direct.ts)) + f"<main>{shown}</main>"

        slack.limits.refuse("users.info", "fatal_error", times=9)
        slack.add_user("U7", "mo")
        failed = slack.say("U7", "C1", f"{slack.mention} Wat doet Veilig Thuis?")
        yield "er-ging-iets-mis", conversation([failed, *slack.wait_for(lambda: slack.ephemerals("U7", "C1"))])


def conversation(messages: Sequence[Any]) -> str:
    """Messages under each other."""
    return f"<main>{''.join(map(_message, messages))}</main>"


def modal(view: dict[str, Any]) -> str:
    """A modal."""
    buttons = [view[key]["text"] for key in ("close", "submit") if key in view]
    footer = "".join(f"<span class=b>{escape(text)}</span>" for text in buttons)
    blocks = "".join(map(_block, view["blocks"]))
    title = escape(view["title"]["text"])
    return f"<div class=modal><h1>{title}</h1><div class=in>{blocks}</div><footer>{footer}</footer></div>"


def _message(message: Any) -> str:
    is_bot = message.bot is not None
    name = (
        "Beleidswijzer <span class=app>APP</span>" if is_bot else {"U1": "Sanne", "U2": "Karim"}.get(message.user, "Mo")
    )
    only = "<div class=only>Alleen zichtbaar voor wie het vroeg</div>" if message.for_user else ""
    text = "" if message.blocks and not message.stream else _plain(message.text)
    body = text + "".join(map(_block, message.blocks))
    badge = "<div class=a>B</div>" if is_bot else f"<div class='a p'>{name[0]}</div>"
    return f"<div class=m>{badge}<div>{only}<div class=n>{name}</div>{body}</div></div>"


def _plain(text: str) -> str:
    shown = escape(read_markdown(text)).replace("&lt;@U0BELEID01&gt;", "<a>@Beleidswijzer</a>")
    return f"<div class=r>{shown}</div>"


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "rich_text":
            return "".join(map(_rich, block["elements"]))
        case "context":
            return "".join(f"<div class=s>{escape(each['text'])}</div>" for each in block["elements"])
        case "actions":
            return "".join(f"<span class=b>{escape(each['text']['text'])}</span>" for each in block["elements"])
        case "context_actions":
            sides = [block["elements"][0][f"{side}_button"]["text"]["text"] for side in ("positive", "negative")]
            return f"<div class=s>✔ {escape(sides[0])} &nbsp; ✘ {escape(sides[1])}</div>"
        case "input":
            return _input(block)
    return ""


def _input(block: dict[str, Any]) -> str:
    options = block["element"].get("options")
    if not options:
        return f"<label>{escape(block['label']['text'])}</label><div class=field></div>"
    texts = (f"☐ {each['text']['text']} <span class=s>{escape(each['description']['text'])}</span>" for each in options)
    return f"<label>{escape(block['label']['text'])}</label><p>{'<br>'.join(texts)}</p>"


def _rich(part: dict[str, Any]) -> str:
    inner = "".join(map(_rich, part.get("elements", ())))
    match part["type"]:
        case "rich_text_section":
            return f"<div class=r>{inner}</div>"
        case "rich_text_quote":
            return f"<blockquote>{inner}</blockquote>"
        case "rich_text_list":
            return f"<ul>{''.join(f'<li>{_rich(each)}</li>' for each in part['elements'])}</ul>"
        case "link":
            return f"<a>{escape(part['text'])}</a>"
    text = escape(part["text"])
    return f"<b>{text}</b>" if part.get("style", {}).get("bold") else text


if __name__ == "__main__":
    main()
