"""What the product is made of, and what was left in its files: licences, known vulnerabilities, secrets.

    supply_chain.py licences SBOM            every part has a licence that goes with EUPL-1.2
    supply_chain.py vulnerabilities FOLDER   no package in site-packages has a known vulnerability
    supply_chain.py secrets KNOWN            no file in git looks like it holds a key or password, but for those known

Exit code 0: in order, or not to be checked here (then it says so, unless AUDIT_REQUIRED is set); 1: not in order.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any

# May be used unchanged beside our EUPL-1.2 code, and passed on with it. A new one is added after reading it.
ALLOWED = frozenset(
    """
    0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause BSL-1.0 CC0-1.0 EUPL-1.2 HPND ISC LGPL-2.1-or-later LGPL-3.0-only
    LGPL-3.0-or-later MIT MIT-0 MPL-2.0 PSF-2.0 Python-2.0 Unlicense Zlib
    """.split()
)
# Parts whose metadata name no licence, or no exact one, with what their licence files say (read 2026-11).
READ_BY_US = {
    "pypdfium2": "(Apache-2.0 OR BSD-3-Clause) AND BSD-3-Clause",  # and of PDFium's own parts: MIT, Zlib, HPND and such
}
_CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
# Very old, and known by every service that knows anything: a service that finds nothing here knows nothing.
CANARY = "jinja2==2.4.1"
# Guesses by the look of a value; in tests and documentation almost every one is wrong.
_GUESSES = {
    "Secret Keyword",
    "Hex High Entropy String",
    "Base64 High Entropy String",
    "Basic Auth Credentials",
    "JSON Web Token",
}
_EXAMPLES = ("tests/", "docs/")
# What stands in an example where a password would.
_PLACEHOLDERS = {
    sha1(word.encode(), usedforsecurity=False).hexdigest() for word in ("wachtwoord", "geheim", "password")
}
_TOKEN = re.compile(r"\(|\)|[^\s()]+")


def main(arguments: list[str]) -> int:
    """Run one of the commands above."""
    commands: dict[str, Callable[[Path], int]] = {
        "licences": licences,
        "vulnerabilities": vulnerabilities,
        "secrets": secrets,
    }
    if len(arguments) != 2 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    return commands[arguments[0]](Path(arguments[1]))


def licences(sbom: Path) -> int:
    """Every part of a CycloneDX list has a licence on our list."""
    parts = json.loads(sbom.read_text(encoding="utf-8"))["components"]
    wrong = sorted(f"{part['name']} {part.get('version', '')}: {licence_of(part)}" for part in parts if not fits(part))
    for line in wrong:
        print(f"Licence not on the list: {line}")
    print(f"Licences: {len(parts)} parts, {len(wrong)} not on the list.")
    return 1 if wrong or not parts else 0


def fits(part: dict[str, Any]) -> bool:
    """Whether a part may be used and passed on with ours."""
    return is_allowed(licence_of(part))


def licence_of(part: dict[str, Any]) -> str:
    """The licence of a part as one SPDX expression; empty when nothing says it."""
    if part["name"] in READ_BY_US:
        return READ_BY_US[part["name"]]
    named = [each.get("expression") or _named(each["license"]) for each in part.get("licenses", [])]
    return " AND ".join(f"({each})" for each in dict.fromkeys(named))


def _named(licence: dict[str, str]) -> str:
    name = licence.get("id") or licence.get("name", "")
    return _CLASSIFIERS.get(name, name)


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met with licences of our list: all of an AND, one of an OR."""
    words = _TOKEN.findall(expression)
    try:
        verdict = _either(words)
    except IndexError:
        return False
    return verdict and not words


def _either(words: list[str]) -> bool:
    verdict = _both(words)
    while words[:1] == ["OR"]:
        words.pop(0)
        verdict = _both(words) or verdict
    return verdict


def _both(words: list[str]) -> bool:
    verdict = _one(words)
    while words[:1] == ["AND"]:
        words.pop(0)
        verdict = _one(words) and verdict
    return verdict


def _one(words: list[str]) -> bool:
    word = words.pop(0)
    if word != "(":
        return word in ALLOWED
    verdict = _either(words)
    return words.pop(0) == ")" and verdict


def vulnerabilities(site_packages: Path) -> int:
    """No installed package has a known vulnerability; says so when no service that knows them can be reached."""
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder, "canary.txt")
        canary.write_text(f"{CANARY}\n", encoding="utf-8")
        once = ["--disable-pip", "--no-deps", "-r", str(canary)]
        service = next((each for each in ("pypi", "osv") if any(map(_told, _audit(each, *once)))), None)
    if service is None:
        print(
            "Vulnerabilities: SKIPPED. No service that knows vulnerabilities can be reached from here "
            f"({CANARY} counts as safe for pypi.org and osv.dev alike). Run `make audit` where one can."
        )
        return 1 if os.environ.get("AUDIT_REQUIRED") else 0
    packages = _audit(service, "--path", str(site_packages))
    found = [line for package in packages for line in _told(package)]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    for line in found:
        print(f"Known vulnerability: {line}")
    print(f"Vulnerabilities: {len(found)} known in {len(packages) - len(skipped)} packages ({service}).")
    if skipped:
        print(f"Not known to the service: {', '.join(skipped)}.")
    return 1 if found or not packages else 0


def _audit(service: str, *where: str) -> list[dict[str, Any]]:
    """What pip-audit says of each package; nothing when the service cannot be reached."""
    tool = str(Path(sys.executable).with_name("pip-audit"))
    command = [tool, "--progress-spinner", "off", "--timeout", "15", "-f", "json", "-s", service, *where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return []
    return packages


def _told(package: dict[str, Any]) -> list[str]:
    return [
        f"{package['name']} {package['version']}: {each['id']}, mended in {', '.join(each['fix_versions']) or 'none'}"
        for each in package.get("vulns", [])
    ]


def secrets(known_file: Path) -> int:
    """No file in git holds what looks like a secret, but for what was looked at before."""
    known = {(each["file"], each["sha1"]) for each in json.loads(known_file.read_text(encoding="utf-8"))}
    scanner = Path(sys.executable).with_name("detect-secrets")
    command = [str(scanner), "scan", "-p", str(Path(__file__).with_name("own_keys.py"))]
    scan = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found = [each for each in _secrets(scan) if each["file"] != str(known_file)]  # it is full of hashes
    new = [each for each in found if (each["file"], each["sha1"]) not in known]
    for each in new:
        print(f"Looks like a secret: {json.dumps(each)}")
    gone = known - {(each["file"], each["sha1"]) for each in found}
    for file, digest in sorted(gone):
        print(f"No longer there; remove it from {known_file}: {file} {digest}")
    print(f"Secrets: {len(new)} new, {len(known)} looked at before.")
    if new:
        print(f"A real one: withdraw it, then remove it. If it is none, add the line to {known_file} and say why.")
    return 1 if new else 0


def _secrets(scan: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Without the number of the line, so that what moves stays the same; never the secret itself."""
    for file, found in scan["results"].items():
        for each in found:
            is_guess = each["type"] in _GUESSES and file.startswith(_EXAMPLES)
            if not is_guess and each["hashed_secret"] not in _PLACEHOLDERS:
                yield {"file": file, "kind": each["type"], "sha1": each["hashed_secret"], "why": ""}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
