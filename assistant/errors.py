"""Every error that Beleidswijzer raises on purpose; each message is a Dutch sentence for the user with the next step.

AssistantError
├── UsageError            the request is wrong: question, option, filter, setting (exit code 2)
│   ├── QuestionError     empty or too long question
│   │   └── ClientDataError  the question holds client data
│   └── SettingsError     a setting or an environment variable is wrong
├── CatalogueError        catalogue.yml is wrong or does not match the files
│   └── CorpusBusyError   another change is being made, or was made meanwhile
├── DocumentError         one document cannot be read
│   └── DownloadError     one document cannot be fetched from the web
│       └── GoneError     the server says that it is no longer there
├── OriginalsBusyError    another process is fetching originals (exit code 75)
├── PageError             one page cannot be drawn; its text can be had
├── ModelError            a model cannot be had or is damaged
│   └── ChatModelError    the chat model does not answer
├── BackupError           a backup cannot be made or put back
├── RecordsError          what is kept (keys, feedback, tasks) cannot be used
│   └── DatabaseError     the shared database (PostgreSQL) cannot be used
└── SnapshotError         the index cannot be used
    ├── IndexBusyError    another process is changing it
    ├── IndexMissingError no snapshot yet
    ├── IndexDamagedError bytes differ from the manifest
    └── IndexStaleError   made with another model or an older format
"""


class AssistantError(Exception):
    """Root of our errors; `str(error)` may be shown to the user as it is."""

    exit_code = 1


class UsageError(AssistantError):
    """The request itself is wrong."""

    exit_code = 2


class QuestionError(UsageError):
    """The question is empty or too long."""


class ClientDataError(QuestionError):
    """The question holds client data; the message says what to leave out."""


class SettingsError(UsageError):
    """A setting is unknown or has an impossible value."""


class CatalogueError(AssistantError):
    """The catalogue is wrong or does not match the files beside it."""


class CorpusBusyError(CatalogueError):
    """Another change to the documents is being made, or was made meanwhile; nothing has changed, so try again."""


class DocumentError(AssistantError):
    """One document cannot be read; the others can."""


class DownloadError(DocumentError):
    """One document cannot be fetched from the web."""


class GoneError(DownloadError):
    """The server itself says that the document is no longer there."""


class OriginalsBusyError(AssistantError):
    """Another process is fetching the originals; what a timer starts may simply be tried again."""

    exit_code = 75  # EX_TEMPFAIL of sysexits.h


class PageError(AssistantError):
    """One page cannot be drawn as a picture; its text can be had."""


class ModelError(AssistantError):
    """A model cannot be had or is damaged."""


class ChatModelError(ModelError):
    """The chat model does not answer, or not in time."""


class BackupError(AssistantError):
    """A backup cannot be made, or not be put back; nothing has changed."""


class RecordsError(AssistantError):
    """What is kept between requests (keys, feedback, tasks) cannot be read or written."""


class DatabaseError(RecordsError):
    """The shared database cannot be used: not reached, not allowed, or not of this version."""


class SnapshotError(AssistantError):
    """The index cannot be used."""


class IndexBusyError(SnapshotError):
    """Another process is changing the index."""


class IndexMissingError(SnapshotError):
    """There is no snapshot yet."""


class IndexDamagedError(SnapshotError):
    """A snapshot's bytes differ from its manifest."""


class IndexStaleError(SnapshotError):
    """A snapshot was made with another model or an older format."""
