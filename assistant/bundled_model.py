"""The default model on disk: made once from the installed weights in a cache folder, and checked on every opening."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.bundled_export import write_standard_model
from assistant.bundled_tokenizer import tokenizer_definition
from assistant.bundled_weights import SHA256, BundledWeights, read_bundled_weights
from assistant.errors import ModelError
from assistant.openvino_model import write_graph

logger = logging.getLogger(__name__)

GRAPH = "model.xml"
TOKENIZER = "tokenizer.json"
MANIFEST = "manifest.json"
QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "
MAX_TOKENS = 512

_FORMAT = 1  # raise it when what we write changes: older folders are then left alone and a new one is made
_NAME = f"multilingual-e5-small-{SHA256[:8]}"
_GRAPH_FOLDER = f"{_NAME}-openvino-v{_FORMAT}"
_STANDARD_FOLDER = f"{_NAME}-sentence-transformers-v{_FORMAT}"

Notify = Callable[[str], None]
Writer = Callable[[BundledWeights, Path], None]


def prepare_bundled_model(cache: Path, notify: Notify | None = None) -> Path:
    """The folder with the ready model inside `cache`; made first if it is absent or damaged (about 15 seconds).

    Args:
        notify: is told in Dutch what is happening when it takes a while.
    """
    return _prepare(cache, _GRAPH_FOLDER, _write_openvino, notify)


def write_sentence_transformers_directory(cache: Path, notify: Notify | None = None) -> Path:
    """The same weights as an ordinary sentence-transformers model (470 MB); needs the extra of that name."""
    return _prepare(cache, _STANDARD_FOLDER, _write_sentence_transformers, notify)


def _prepare(cache: Path, name: str, write: Writer, notify: Notify | None) -> Path:
    folder = cache / name
    if _is_sound(folder):
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _lock(cache / f".{name}.lock"):
            if not _is_sound(folder):  # another process may have made it while we waited
                _make(folder, write, notify or (lambda _: None))
    except OSError as error:
        reason = error.strerror or "onbekende fout"
        raise ModelError(
            f"Het taalmodel kan niet worden opgeslagen in {cache} ({reason}). "
            "Controleer de schrijfrechten en de vrije ruimte (500 MB), of kies een andere map voor de cache."
        ) from error
    return folder


def _make(folder: Path, write: Writer, notify: Notify) -> None:
    damaged = folder.exists()
    notify(
        f"Het taalmodel in {folder} is beschadigd en wordt opnieuw gemaakt (ongeveer 15 seconden)."
        if damaged
        else "Het taalmodel wordt eenmalig klaargezet (ongeveer 15 seconden)."
    )
    for remains in folder.parent.glob(f".{folder.name}-*"):  # of a process that was stopped halfway
        shutil.rmtree(remains)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write(read_bundled_weights(), work)
        _write_manifest(work)
        if damaged:
            folder.rename(work.with_name(f".{folder.name}-damaged"))
        work.chmod(0o755)
        work.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(work.with_name(f".{folder.name}-damaged"), ignore_errors=True)
    notify("Het taalmodel staat klaar.")


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time; the system itself lets go when a process is killed."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write_manifest(folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    rows = {str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": _sha256(path)} for path in files}
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({"source_sha256": SHA256, "files": rows}, indent=1), encoding="utf-8")
    for path in [*files, manifest, *(path for path in folder.rglob("*") if path.is_dir()), folder]:
        _sync(path)


def _is_sound(folder: Path) -> bool:
    """Whether every file has the bytes that were written: 113 MB are hashed in about 0.1 second."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return bool(files) and all(
            (folder / name).stat().st_size == row["bytes"] and _sha256(folder / name) == row["sha256"]
            for name, row in files.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_openvino(weights: BundledWeights, folder: Path) -> None:
    write_graph(weights, folder / GRAPH)
    definition = json.dumps(tokenizer_definition(weights.vocabulary), ensure_ascii=False)
    (folder / TOKENIZER).write_text(definition, encoding="utf-8")


def _write_sentence_transformers(weights: BundledWeights, folder: Path) -> None:
    write_standard_model(weights, folder, QUERY_PREFIX, PASSAGE_PREFIX)
