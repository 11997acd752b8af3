"""The default model on disk: made once from the installed weights in a cache folder, and checked on every opening."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path

from assistant.bundled_export import write_standard_model
from assistant.bundled_tokenizer import tokenizer_definition
from assistant.bundled_weights import SHA256, BundledWeights, read_bundled_weights
from assistant.errors import ModelError
from assistant.openvino_model import write_graph
from assistant.prepared_folder import prepare_folder

GRAPH = "model.xml"
TOKENIZER = "tokenizer.json"
QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "
MAX_TOKENS = 512

_FORMAT = 1  # raise it when what we write changes: older folders are then left alone and a new one is made
_NAME = f"multilingual-e5-small-{SHA256[:8]}"
_GRAPH_FOLDER = f"{_NAME}-openvino-v{_FORMAT}"
_STANDARD_FOLDER = f"{_NAME}-sentence-transformers-v{_FORMAT}"

_REASONS = {
    errno.ENOSPC: ": de schijf is vol",
    errno.EACCES: ": er is geen schrijfrecht",
    errno.EROFS: ": de schijf is alleen te lezen",
}

Notify = Callable[[str], None]


def prepare_bundled_model(cache: Path, notify: Notify | None = None) -> Path:
    """The folder with the ready model inside `cache`; made first if it is absent or damaged (about 15 seconds).

    Args:
        notify: is told in Dutch what is happening when it takes a while.
    """
    return _prepare(cache / _GRAPH_FOLDER, _write_openvino, notify or (lambda _: None))


def write_sentence_transformers_directory(cache: Path, notify: Notify | None = None) -> Path:
    """The same weights as an ordinary sentence-transformers model (470 MB); needs the extra of that name."""
    return _prepare(cache / _STANDARD_FOLDER, _write_sentence_transformers, notify or (lambda _: None))


def _prepare(folder: Path, write: Callable[[BundledWeights, Path], None], notify: Notify) -> Path:
    def announce(damaged: bool) -> None:
        if damaged:
            notify(f"Het taalmodel in {folder} is beschadigd en wordt opnieuw gemaakt (ongeveer 15 seconden).")
        else:
            notify("Het taalmodel wordt eenmalig klaargezet (ongeveer 15 seconden).")

    try:
        prepare_folder(folder, lambda work: write(read_bundled_weights(), work), announce)
    except OSError as error:
        raise ModelError(
            f"Het taalmodel kan niet worden opgeslagen in {folder.parent}{_REASONS.get(error.errno or 0, '')}. "
            "Controleer de schrijfrechten en of er 500 MB vrij is, of kies een andere map met BELEIDSWIJZER_CACHE."
        ) from error
    return folder


def _write_openvino(weights: BundledWeights, folder: Path) -> None:
    write_graph(weights, folder / GRAPH)
    definition = json.dumps(tokenizer_definition(weights.vocabulary), ensure_ascii=False)
    (folder / TOKENIZER).write_text(definition, encoding="utf-8")


def _write_sentence_transformers(weights: BundledWeights, folder: Path) -> None:
    write_standard_model(weights, folder, QUERY_PREFIX, PASSAGE_PREFIX)
