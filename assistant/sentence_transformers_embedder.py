"""Any sentence-transformers model by name or path; prompts and length come from the model's own configuration."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.embeddings import ModelDescription, PassageText, PassageVectors, Vector, embed_separately
from assistant.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer

logger = logging.getLogger(__name__)

KIND = "sentence-transformers"

_BATCH = 32
_NO_LIMIT = 1_000_000  # tokens, for models that name no maximum
# The names under which `encode_query` and `encode_document` look for a prompt, in their order.
_QUERY_PROMPTS = ("query",)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")


class SentenceTransformersEmbedder:
    """A sentence-transformers model; fulfils `Embedder`. Loads on first use; fork before that, not after."""

    def __init__(self, model: str, threads: int | None = None) -> None:
        """Remembers the name on the hub or the path; `threads` holds for all of torch in this process."""
        self._name = model
        self._threads = threads
        # Fast tokenizers refuse two threads at once ("Already borrowed"), because each call sets padding anew.
        self._lock = threading.RLock()

    @property
    def description(self) -> ModelDescription:
        """What an index must remember of this model; loads the model."""
        with self._lock:
            return self._description

    def embed_query(self, text: str) -> Vector:
        """A question's unit vector."""
        with self._lock:
            found = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
            return _as_vectors(found)

    def embed_passages(
        self, passages: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Vectors of passages, and of their sentences as texts of their own: that is right for every way of pooling."""
        with self._lock:
            return embed_separately(passages, self._encode, progress)

    def _encode(self, texts: list[str]) -> Vector:
        vectors = self._model.encode_document(
            texts, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return _as_vectors(vectors)

    @cached_property
    def _model(self) -> SentenceTransformer:
        model = _load(self._name)
        if self._threads is not None:
            import torch

            torch.set_num_threads(self._threads)
        return model

    @cached_property
    def _description(self) -> ModelDescription:
        model = self._model
        query = _prompt(model, _QUERY_PROMPTS)
        passage = _prompt(model, _PASSAGE_PROMPTS)
        max_tokens = model.max_seq_length or _NO_LIMIT
        fingerprint = _fingerprint(model, f"{query}\n{passage}\n{max_tokens}")
        dimension = len(self.embed_query("dimensie"))
        return ModelDescription(f"{KIND}:{self._name}", dimension, max_tokens, query, passage, fingerprint)


class PairClassifier:
    """A cross-encoder with a probability for each of its labels."""

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the probabilities."""
        config = self._model.config
        names = (config.id2label if config else None) or {}
        return tuple(str(name) for name in names.values())

    def probabilities(self, pairs: list[tuple[str, str]]) -> Vector:
        """One row a pair, one column a label."""
        return _as_vectors(self._model.predict(pairs, apply_softmax=True, show_progress_bar=False))


def load_pair_classifier(name: str) -> PairClassifier:
    """The cross-encoder of a name on the hub or a path.

    Raises:
        ModelError: the package is missing, or the model cannot be loaded.
    """
    try:
        from sentence_transformers import CrossEncoder
    except ImportError as error:
        raise ModelError(
            f"Voor het model {name} ontbreekt een pakket. Typ: pip install 'beleidswijzer[sentence-transformers]'"
        ) from error
    try:
        return PairClassifier(CrossEncoder(str(Path(name).expanduser())))
    except Exception as error:  # the hub, the network, the file system and torch each raise their own kinds
        raise _unloadable(name, error) from error


def _as_vectors(found: object) -> Vector:
    return np.asarray(found, np.float32)


def _load(name: str) -> SentenceTransformer:
    if name.startswith(("/", "./", "../", "~")) and not Path(name).expanduser().is_dir():
        raise ModelError(f"De map {name} met het taalmodel bestaat niet. Controleer EMBEDDING_MODEL.")
    try:
        import huggingface_hub.utils.logging as hub_logging
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        raise ModelError(
            f"Voor EMBEDDING_MODEL={KIND}:{name} ontbreekt een pakket. "
            "Typ: pip install 'beleidswijzer[sentence-transformers]'"
        ) from error
    disable_progress_bar()  # type: ignore[no-untyped-call]  # has no annotations
    # Without a connection it tries for a minute, and tells about each attempt.
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # has no annotations
    place = str(Path(name).expanduser())
    try:
        # What was fetched before is used as it is: no connection needed, and no unnoticed change of the vectors.
        return SentenceTransformer(place, local_files_only=True)
    except Exception as error:
        if Path(place).is_dir():
            raise _unloadable(name, error) from error
    try:
        return SentenceTransformer(place)
    except Exception as error:  # the hub, the network, the file system and torch each raise their own kinds
        raise _unloadable(name, error) from error


def _unloadable(name: str, error: Exception) -> ModelError:
    logger.warning("Loading the sentence-transformers model failed: %s", type(error).__name__)
    return ModelError(
        f"Het taalmodel {name} kan niet worden geladen. Controleer de naam of het pad, en of er een "
        "internetverbinding is (de eerste keer wordt een model opgehaald), of zet EMBEDDING_MODEL=bundled."
    )


def _prompt(model: SentenceTransformer, names: Sequence[str]) -> str:
    chosen = next((name for name in names if name in model.prompts), model.default_prompt_name)
    return (model.prompts.get(chosen) or "") if chosen else ""


def _fingerprint(model: SentenceTransformer, settings: str) -> str:
    """A hash of the weights themselves, so that it follows the model and not its place or the library's version."""
    import torch

    digest = hashlib.sha256(settings.encode())
    for module in model:
        digest.update(type(module).__name__.encode())
    digest.update(str(getattr(model[1], "pooling_mode", "") if len(model) > 1 else "").encode())
    for name, tensor in model.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()[:16]
