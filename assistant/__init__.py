"""The public door of the assistant: what other code may import. Nothing is loaded before its name is used.

from assistant import load_settings, open_assistant

answer = open_assistant(load_settings()).ask("Wat vervangt het kwaliteitskader?")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.answering import Assistant, open_assistant
    from assistant.corpus_changes import (
        Addition,
        add_document,
        add_documents,
        check_changeable,
        edit_document,
        find_document,
        find_same,
        last_change,
        read_document,
        recover_changes,
        replace_file,
        retire_document,
        undo_change,
        withdraw_document,
    )
    from assistant.embeddings import Embedder, open_embedder
    from assistant.errors import (
        AssistantError,
        CatalogueError,
        ClientDataError,
        CorpusBusyError,
        DatabaseError,
        DocumentError,
        IndexBusyError,
        IndexDamagedError,
        IndexMissingError,
        IndexStaleError,
        ModelError,
        PageError,
        QuestionError,
        RecordsError,
        SettingsError,
        SnapshotError,
        UsageError,
    )
    from assistant.language import detect_language
    from assistant.new_document import NewDocument, check_details, safe_file_name
    from assistant.pdf_drawing import opened_page, page_pixels, text_boxes
    from assistant.png import encode_png
    from assistant.privacy import PrivacyGate
    from assistant.records import (
        Deed,
        Errand,
        Feedback,
        Key,
        KeyRole,
        Records,
        Task,
        TaskState,
        Verdict,
        open_records,
        purge_old,
    )
    from assistant.refusals import REFUSAL
    from assistant.serialisation import answer_as_json, citation_as_json, document_as_json, passage_as_json
    from assistant.settings import Settings, load_settings
    from assistant.trial import Examined, Trial, examine
    from assistant.types import (
        Answer,
        AnswerFinished,
        Caution,
        Chunk,
        Citation,
        CitationAdded,
        Claim,
        Document,
        Event,
        Filters,
        IndexVersion,
        Language,
        Length,
        Page,
        Passage,
        PassagesFound,
        Sentence,
        Source,
        Status,
        TextAdded,
        Turn,
    )
    from assistant.uploads import Uploads, open_uploads
    from assistant.views import source_body, text_fragment
    from assistant.wording import STATUS_WORDS, date_words, finding_words, heading_words

__all__ = [
    "REFUSAL",
    "STATUS_WORDS",
    "Addition",
    "Answer",
    "AnswerFinished",
    "Assistant",
    "AssistantError",
    "CatalogueError",
    "Caution",
    "Chunk",
    "Citation",
    "CitationAdded",
    "Claim",
    "ClientDataError",
    "CorpusBusyError",
    "DatabaseError",
    "Deed",
    "Document",
    "DocumentError",
    "Embedder",
    "Errand",
    "Event",
    "Examined",
    "Feedback",
    "Filters",
    "IndexBusyError",
    "IndexDamagedError",
    "IndexMissingError",
    "IndexStaleError",
    "IndexVersion",
    "Key",
    "KeyRole",
    "Language",
    "Length",
    "ModelError",
    "NewDocument",
    "Page",
    "PageError",
    "Passage",
    "PassagesFound",
    "PrivacyGate",
    "QuestionError",
    "Records",
    "RecordsError",
    "Sentence",
    "Settings",
    "SettingsError",
    "SnapshotError",
    "Source",
    "Status",
    "Task",
    "TaskState",
    "TextAdded",
    "Trial",
    "Turn",
    "Uploads",
    "UsageError",
    "Verdict",
    "add_document",
    "add_documents",
    "answer_as_json",
    "check_changeable",
    "check_details",
    "citation_as_json",
    "date_words",
    "detect_language",
    "document_as_json",
    "edit_document",
    "encode_png",
    "examine",
    "find_document",
    "find_same",
    "finding_words",
    "heading_words",
    "last_change",
    "load_settings",
    "open_assistant",
    "open_embedder",
    "open_records",
    "open_uploads",
    "opened_page",
    "page_pixels",
    "passage_as_json",
    "purge_old",
    "read_document",
    "recover_changes",
    "replace_file",
    "retire_document",
    "safe_file_name",
    "source_body",
    "text_boxes",
    "text_fragment",
    "undo_change",
    "withdraw_document",
]

# Where the names live that are not in types.py, where most of them are.
_MODULES = {
    "assistant.answering": {"Assistant", "open_assistant"},
    "assistant.privacy": {"PrivacyGate"},
    "assistant.corpus_changes": {
        *("Addition", "add_document", "add_documents", "check_changeable", "find_document", "find_same"),
        *("recover_changes", "withdraw_document", "edit_document", "replace_file", "retire_document"),
        *("last_change", "read_document", "undo_change"),
    },
    "assistant.embeddings": {"Embedder", "open_embedder"},
    "assistant.language": {"detect_language"},
    "assistant.pdf_drawing": {"opened_page", "page_pixels", "text_boxes"},
    "assistant.png": {"encode_png"},
    "assistant.new_document": {"NewDocument", "check_details", "safe_file_name"},
    "assistant.records": {
        *(
            "Deed",
            "Errand",
            "Feedback",
            "Key",
            "KeyRole",
            "Records",
            "Task",
            "TaskState",
            "Verdict",
            "open_records",
            "purge_old",
        ),
    },
    "assistant.refusals": {"REFUSAL"},
    "assistant.serialisation": {"answer_as_json", "citation_as_json", "document_as_json", "passage_as_json"},
    "assistant.settings": {"Settings", "load_settings"},
    "assistant.trial": {"Examined", "Trial", "examine"},
    "assistant.uploads": {"Uploads", "open_uploads"},
    "assistant.views": {"source_body", "text_fragment"},
    "assistant.wording": {"STATUS_WORDS", "date_words", "finding_words", "heading_words"},
}

if not TYPE_CHECKING:  # a type checker would take every misspelled name for one that __getattr__ knows

    def __getattr__(name: str) -> object:
        # Imported on first use, so that a help page does not wait for the model's libraries.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        default = "assistant.errors" if name.endswith("Error") else "assistant.types"
        module = next((module for module, names in _MODULES.items() if name in names), default)
        value = getattr(import_module(module), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
