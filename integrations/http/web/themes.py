"""Which style sheets the pages use: our own, those of NL Design System if they are there, and a municipality's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from assistant import SettingsError

STATIC = Path(__file__).parent / "static"
PACKAGES = STATIC / "thema"  # filled by `make theme`; not in git
OWN_THEME = "/thema.css"
LAYER = "nl-design-system"  # as tokens.css puts it between the tokens and the pages

_TOKENS = "/static/css/tokens.css"
_PAGES = tuple(f"/static/css/{name}.css" for name in ("base", "layout", "conversation", "sources", "dark", "print"))
_THEME_CLASS = re.compile(r"\.([a-z][a-z0-9-]*-theme)\b")
_MAX_BYTES = 5_000_000


@dataclass(frozen=True)
class Theme:
    """The style sheets in order, and the class that switches a theme's design tokens on."""

    stylesheets: tuple[str, ...]
    html_class: str
    own: Path | None  # a municipality's own theme.css


def choose_theme(own: str | None, packages: Path = PACKAGES) -> Theme:
    """The theme for a service.

    Args:
        own: path of a municipality's theme.css, as it is in the settings.
        packages: where the NL Design System packages are if somebody fetched them.

    Raises:
        SettingsError: `own` cannot be read.
    """
    sheets = [_TOKENS]
    classes = []
    if (packages / "theme.css").is_file() and (packages / "html.css").is_file():
        sheets += [f"/static/{packages.name}/theme.css", f"/static/{packages.name}/html.css"]
        classes.append(_class_in((packages / "theme.css").read_text(encoding="utf-8")))
    sheets += _PAGES
    path = Path(own).absolute() if own else None
    if path is not None:
        classes.append(_class_in(_own_text(path)))
        sheets.append(OWN_THEME)
    return Theme(tuple(sheets), " ".join(filter(None, dict.fromkeys(classes))), path)


def _own_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SettingsError(f"Het thema {path} is te groot. Gebruik een theme.css van hoogstens 5 MB.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Het thema {path} kan niet worden gelezen. Controleer http.theme.") from error


def _class_in(css: str) -> str:
    """NL Design System themes set their tokens on a class such as "utrecht-theme"; older ones on :root."""
    found = _THEME_CLASS.search(css)
    return found.group(1) if found else ""
