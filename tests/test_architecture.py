"""Who may import whom, as the design says: values ← settings ← stages ← pipelines ← delivery."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import assistant

ROOT = Path(__file__).parents[1]
# Where a part of the assistant belongs; what is named nowhere is a stage. A part may import its own layer and lower.
LAYERS = {
    **dict.fromkeys(["types", "errors", "wording", "files"], 0),
    **dict.fromkeys(["settings", "settings_sections"], 1),
    **dict.fromkeys(
        [
            "ingest",
            "retriever",
            "reader",
            "composing",
            "comparing",
            "considering",
            "contradictions",
            "doubts",
            "assembling",
            "writer",
            "writing",
            "answering",
            "backup",
            "corpus_batches",
            "corpus_restoring",
            "limited_stages",
            "syncing",
            "watching",
            "corpus_changes",
            "corpus_database",
            "corpus_import",
            "corpus_transaction",
            "change_undo",
            "changing",
            "preview",
            "trial",
            "evaluation",
        ],
        3,
    ),
    "cli": 4,
}
STAGE = 2
# The libraries that take long to import or that we may want to replace.
HEAVY = {
    *("alembic", "bs4", "deduce", "docx", "faiss", "langchain", "langsmith", "markdown_it", "openvino", "openpyxl"),
    *("psycopg", "pypdf", "pypdfium2"),
    *("mcp", "safetensors", "slack_bolt", "slack_sdk"),
    *("sentence_transformers", "snowballstemmer", "tantivy", "tokenizers", "torch", "transformers"),
}
PROGRAM = "import sys; from {} import {}; print(*sys.modules)"


@dataclass(frozen=True)
class Import:
    """One module that a file of ours imports."""

    file: str  # "assistant/cli/ask.py"
    name: str  # "assistant.types" or "pypdf"
    at_start: bool  # when the file is imported, not when a function is called
    for_types: bool  # only seen by a type checker


@cache
def imports() -> tuple[Import, ...]:
    files = [path for package in ("assistant", "integrations") for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(found for path in files for found in _imports_of(path))


def _imports_of(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = {id(node) for block in ast.walk(tree) if _is_for_types(block) for node in ast.walk(block)}
    in_functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        for name in _names(node):
            at_start = id(node) not in in_functions | checked
            yield Import(path.relative_to(ROOT).as_posix(), name, at_start, id(node) in checked)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module)) if (ROOT / module).is_dir():
            return [f"{module}.{alias.name}" for alias in node.names]
        case ast.ImportFrom(module=str(module)):
            return [module]
    return []


def layer(part: str) -> int:
    return LAYERS.get(part, STAGE)


def part_of(file: str) -> str:
    return Path(file).parts[1].removesuffix(".py")


def test_no_part_imports_a_higher_layer() -> None:
    inside = [each for each in imports() if each.file.startswith("assistant/") and each.name.startswith("assistant.")]
    upwards = {
        (each.file, each.name)
        for each in inside
        if part_of(each.file) != "__init__" and layer(each.name.split(".")[1]) > layer(part_of(each.file))
    }

    assert len(inside) > 200
    assert upwards == set()


def test_the_layers_name_parts_that_exist() -> None:
    parts = {part_of(path.relative_to(ROOT).as_posix()) for path in (ROOT / "assistant").iterdir()}

    assert set(LAYERS) - parts == set()


def test_the_assistant_does_not_know_its_integrations() -> None:
    assert [each for each in imports() if each.file.startswith("assistant/") and "integrations" in each.name] == []


def test_an_integration_uses_only_the_public_door_and_itself() -> None:
    for each in imports():
        if each.file.startswith("integrations/"):
            own = ".".join(each.file.split("/")[:2]).removesuffix(".py")
            assert not each.name.startswith("integrations.") or each.name.startswith(own), each
            public = {*(f"assistant.{name}" for name in assistant.__all__), "assistant.cli"}
            assert each.name in public or not each.name.startswith("assistant")


@pytest.mark.parametrize("library", sorted(HEAVY))
def test_a_heavy_library_has_one_door_that_opens_on_first_use(library: str) -> None:
    used = [each for each in imports() if each.name.split(".")[0] == library and not each.for_types]

    assert len({each.file for each in used}) == 1
    assert [each for each in used if each.at_start] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        path.name
        for path in (ROOT / "assistant").rglob("*.py")
        if any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    }

    assert readers == {"settings.py"}


def test_every_public_name_can_be_had_and_is_typed() -> None:
    tree = ast.parse(Path(assistant.__file__).read_text(encoding="utf-8"))
    typed = {alias.name for block in tree.body if _is_for_types(block) for node in ast.walk(block)
             if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip

    assert typed == set(assistant.__all__)
    assert [name for name in assistant.__all__ if getattr(assistant, name) is None] == []
    assert set(assistant.__all__) <= set(dir(assistant))


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Asistant'"):
        assistant.Asistant  # type: ignore[attr-defined]  # noqa: B018 — looking it up is the test


def test_a_public_value_loads_nothing_heavy() -> None:
    program = PROGRAM.format("assistant", "Answer, AssistantError, Filters")

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert not {"assistant.answering", "numpy", "pydantic", *HEAVY} & set(loaded)
