"""OpenVINO: writes the default model as a graph with int8 weights, and runs it (only this module imports openvino)."""

from __future__ import annotations

import errno
import functools
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.bundled_weights import BundledWeights
from assistant.errors import ModelError

logger = logging.getLogger(__name__)

Tokens = NDArray[np.int64]  # batch x length
States = NDArray[np.float32]

_SELF_TEST = np.ones((1, 16), np.int64)
MOST_STREAMS = 8
_WAITING_REQUESTS = 2  # beside the running ones, so that no core waits for our own work on the results


def write_graph(weights: BundledWeights, path: Path) -> None:
    """Writes `path` (.xml) and its .bin: token ids and mask in, sentence embedding and token states out."""
    openvino = _load_openvino()
    model = _Graph(weights).model()
    try:
        openvino.save_model(model, path, compress_to_fp16=False)
        openvino.Core().read_model(path)  # refuses a file that was cut off
    except RuntimeError as error:  # what a full disk gives
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


def _load_openvino() -> Any:
    # When it is imported, openvino reports that to Google Analytics, in a process of its own and without asking. The
    # package that reports is made impossible to import; openvino then does without.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: documented, not typed
    import openvino

    return openvino


class _Graph:
    """Builds the transformer node by node; a BERT encoder, mean over the tokens, unit length."""

    def __init__(self, weights: BundledWeights) -> None:
        self._openvino = _load_openvino()
        self._op = self._openvino.opset13
        self._weights = weights
        self._size = weights.dimensions

    def model(self) -> Any:
        ids, mask = self._input("input_ids"), self._input("attention_mask")
        keep = self._op.convert(mask, "f32")
        states = functools.reduce(
            lambda states, layer: self._layer(states, layer, self._attention_bias(keep)),
            range(self._size.layers),
            self._embedding(ids),
        )
        total = self._op.reduce_sum(self._op.multiply(states, self._unsqueeze(keep, 2)), self._integers(1))
        unit = self._op.normalize_l2(total, self._integers(1), 1e-12, "max")  # the mean's divisor cancels
        results = [self._output(unit, "sentence_embedding"), self._output(states, "last_hidden_state")]
        return self._openvino.Model(results, [ids, mask], "embedder")

    def _input(self, name: str) -> Any:
        parameter = self._op.parameter([-1, -1], np.int64, name=name)
        parameter.output(0).set_names({name})
        return parameter

    def _output(self, node: Any, name: str) -> Any:
        result = self._op.result(node)
        result.output(0).set_names({name})
        return result

    def _embedding(self, ids: Any) -> Any:
        hidden = self._size.hidden
        length = self._op.gather(self._op.shape_of(ids), self._integers(1), self._op.constant(np.int64(0)))
        table = self._weights.matrix("emb.pos", hidden) + self._weights.matrix("emb.type", hidden)[0]
        start, step, axis = self._integers(0), self._integers(1), self._integers(0)
        places = self._op.slice(self._op.constant(table), start, length, step, axis)
        words = self._op.gather(self._matrix("emb.word", hidden), ids, self._op.constant(np.int64(0)))
        return self._normalise(self._op.add(words, self._unsqueeze(places, 0)), "emb.ln")

    def _layer(self, states: Any, layer: int, bias: Any) -> Any:
        prefix, hidden = f"l{layer}.", self._size.hidden
        query, key, value = (self._heads(self._linear(states, prefix + name, hidden)) for name in "qkv")
        scale = self._op.constant(np.float32((hidden // self._size.heads) ** -0.5))
        mixed = self._op.scaled_dot_product_attention(query, key, value, bias, scale, causal=False)
        joined = self._op.reshape(self._swap(mixed), self._integers(0, 0, hidden), True)
        attended = self._op.add(self._linear(joined, prefix + "ao", hidden), states)
        states = self._normalise(attended, prefix + "aln")
        wide = self._op.gelu(self._linear(states, prefix + "fi", hidden), "erf")
        narrow = self._linear(wide, prefix + "fo", self._size.feed_forward)
        return self._normalise(self._op.add(narrow, states), prefix + "oln")

    def _attention_bias(self, keep: Any) -> Any:
        hidden_tokens = self._op.subtract(self._op.constant(np.float32(1)), keep)
        return self._unsqueeze(self._op.multiply(hidden_tokens, self._op.constant(np.float32(-1e4))), 1, 2)

    def _heads(self, states: Any) -> Any:
        size = self._size
        return self._swap(self._op.reshape(states, self._integers(0, 0, size.heads, size.hidden // size.heads), True))

    def _swap(self, states: Any) -> Any:
        return self._op.transpose(states, self._integers(0, 2, 1, 3))

    def _linear(self, states: Any, name: str, columns: int) -> Any:
        product = self._op.matmul(states, self._matrix(name + ".w", columns), False, True)
        return self._op.add(product, self._row(name + ".b"))

    def _normalise(self, states: Any, name: str) -> Any:
        centred = self._op.mvn(states, self._integers(-1), True, self._size.epsilon, "inside_sqrt")
        return self._op.add(self._op.multiply(centred, self._row(name + ".w")), self._row(name + ".b"))

    def _matrix(self, name: str, columns: int) -> Any:
        """Weights as int8 with one scale a row: a quarter of the memory traffic, cosine 0.9997 with full precision."""
        values = self._weights.matrix(name, columns)
        scales = np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-8) / 127
        levels = np.clip(np.rint(values / scales), -127, 127).astype(np.int8)
        compressed = self._op.convert(self._op.constant(levels), "f16")
        scaled = self._op.multiply(compressed, self._op.constant(scales.astype(np.float16)))
        return self._op.convert(scaled, "f32")

    def _row(self, name: str) -> Any:
        return self._op.constant(self._weights.tensor(name)[None, None])

    def _unsqueeze(self, node: Any, *axes: int) -> Any:
        return self._op.unsqueeze(node, self._integers(*axes))

    def _integers(self, *values: int) -> Any:
        return self._op.constant(np.array(values, np.int64))


class OpenVinoModel:
    """A compiled graph: single inputs from many threads, or a series of batches from one thread; not both at once."""

    def __init__(self, path: Path, threads: int) -> None:
        """Compiles for `threads` cores.

        A stream a core, for questions too: one question on two cores takes as long as on one (2.6 ms), and two at once
        then take no longer.
        """
        streams = min(threads, MOST_STREAMS)
        compiled = _compile(path, streams, threads)
        self._requests = [compiled.create_infer_request() for _ in range(streams + _WAITING_REQUESTS)]
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for request in self._requests:
            self._idle.put(request)

    def sentence_embeddings(self, ids: Tokens, mask: Tokens) -> States:
        """Unit vectors, batch x dimension."""
        request = self._idle.get()
        try:
            request.infer({"input_ids": ids, "attention_mask": mask})
            return np.array(request.get_tensor("sentence_embedding").data)
        finally:
            self._idle.put(request)

    def run(self, batches: Iterable[tuple[Tokens, Tokens]], collect: Callable[[int, States, States], None]) -> None:
        """Runs all batches; `collect` gets each batch's number, sentence embeddings and token states, in order.

        The arrays are only valid during the call. After an error the model is still usable.
        """
        running: deque[int] = deque()
        try:
            for number, (ids, mask) in enumerate(batches):
                if len(running) == len(self._requests):
                    self._collect(running.popleft(), collect)
                request = self._requests[number % len(self._requests)]
                request.start_async({"input_ids": ids, "attention_mask": mask})
                running.append(number)
            while running:
                self._collect(running.popleft(), collect)
        finally:
            for number in running:
                self._requests[number % len(self._requests)].wait()

    def _collect(self, number: int, collect: Callable[[int, States, States], None]) -> None:
        request = self._requests[number % len(self._requests)]
        request.wait()
        collect(number, request.get_tensor("sentence_embedding").data, request.get_tensor("last_hidden_state").data)


def _compile(path: Path, streams: int, threads: int) -> Any:
    """Compiles and tries one input: some processors lack the instructions for dynamic quantisation, seen only then."""
    openvino = _load_openvino()
    settings: dict[str, str | int] = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": streams,
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",  # bfloat16 beside int8 weights was no faster
    }
    core = openvino.Core()
    for group_size in (128, 0):
        try:
            compiled = core.compile_model(path, "CPU", {**settings, "DYNAMIC_QUANTIZATION_GROUP_SIZE": group_size})
            request = compiled.create_infer_request()
            request.infer({"input_ids": _SELF_TEST, "attention_mask": _SELF_TEST})
            if np.isfinite(request.get_tensor("sentence_embedding").data).all():
                return compiled
        except RuntimeError as error:
            logger.warning("Self-test of the model failed with group size %s: %s", group_size, error)
    raise ModelError(
        f"Het taalmodel in {path.parent} werkt niet op deze computer. Verwijder die map en probeer het opnieuw, "
        "of kies een ander model met EMBEDDING_MODEL."
    )
