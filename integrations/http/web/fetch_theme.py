"""Fetches the open NL Design System packages into static/thema, where the pages find them; run by `make theme`.

Only packages whose licence lets every organisation use them: themes of single organisations are not among them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from integrations.http.web.themes import LAYER, PACKAGES

# EUPL-1.2; the versions that the pages were looked at with.
SOURCES = {
    "@utrecht/component-library-css@9.0.4": {"dist/html.css": "html.css", "LICENSE.md": "LICENSE-html.md"},
    "@nl-design-system-unstable/voorbeeld-design-tokens@7.4.1": {
        "dist/theme.css": "theme.css",
        "LICENSE.md": "LICENSE-theme.md",
    },
}
_SECONDS = 300


def main() -> int:
    """Fetch them; returns the exit code. Without npm the pages keep their own style, which is no failure."""
    if shutil.which("npm") is None:
        print("npm is niet gevonden. De pagina gebruikt dan de eigen vormgeving; er is verder niets nodig.")
        return 0
    with TemporaryDirectory() as folder:
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, *SOURCES]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            print("npm kon de pakketten niet ophalen. Controleer de verbinding en typ opnieuw: make theme")
            return 1
        _copy(Path(folder) / "node_modules")
    print(f"Het thema staat in {PACKAGES}. Start de server opnieuw om het te gebruiken.")
    return 0


def _copy(modules: Path) -> None:
    PACKAGES.mkdir(exist_ok=True)
    for package, files in SOURCES.items():
        name = package.rpartition("@")[0]
        for source, target in files.items():
            text = (modules / name / source).read_text(encoding="utf-8")
            (PACKAGES / target).write_text(_in_layer(text) if target.endswith(".css") else text, encoding="utf-8")


def _in_layer(css: str) -> str:
    """A style sheet below those of our pages in the cascade, whatever its selectors."""
    rules = css.replace('@charset "UTF-8";', "")
    return f"/* In a cascade layer for Beleidswijzer; not changed otherwise. */\n@layer {LAYER} {{\n{rules}\n}}\n"


if __name__ == "__main__":
    sys.exit(main())
