"""Structured logs (structlog): events with fields, and a processor that lets no mail content, address or CPR number through.

The same processor runs over what other libraries log through ``logging``. JSON in production, readable lines in development.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from enum import Enum
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REMOVED = "[removed]"
LONGEST = 300  # characters of a value; more is content, not a field
DEEPEST = 4  # levels of nesting that are kept
FRAMES = 12  # innermost frames of an exception that are kept

_CONTENT_FIELDS = frozenset(
    [
        "subject",
        "body",
        "content",
        "draft",
        "text",
        "html",
        "mime",
        "recipients",
        "recipient",
        "to",
        "cc",
        "bcc",
        "sender",
        "address",
        "addresses",
        "mailbox",
        "email",
        "name",
        "names",
        "attachments",
        "attachment",
        "filename",
        "file_name",
        "token",
        "authorization",
        "password",
        "secret",
        "idempotency_key",
        "data",
        "input",
        "question",
    ]
)
_SEPARATOR = r"[ .\-\u2010-\u2015]{0,3}"
_SENSITIVE = re.compile(
    r"(?P<digest>\b[0-9a-f]{32,}\b)"
    r"|(?P<address>[^\s@<>\"',;:()\[\]]+@[^\s@<>\"',;:()]+)"
    rf"|(?P<cpr>(?<!\d)(?:0[1-9]|[12]\d|3[01]){_SEPARATOR}(?:0[1-9]|1[0-2]){_SEPARATOR}\d\d{_SEPARATOR}\d{{4}}(?!\d))"
)
_SPEAKING = ("uvicorn",)  # loggers of which the arguments are ours (addresses we listen on, process ids)
_QUIET = ("uvicorn.access", "httpx", "httpcore", "urllib3", "requests", "exchangelib", "sqlalchemy", "opentelemetry")


def _replacement(match: re.Match[str]) -> str:
    if match["digest"]:
        return match["digest"]
    return "[address]" if match["address"] else "[number]"


def scrub_text(text: str) -> str:
    """``text`` without e-mail addresses and CPR-like numbers, and not longer than ``LONGEST``. Hexadecimal digests stay."""
    text = _SENSITIVE.sub(_replacement, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def _scrub_number(value: int) -> int | str:
    """A whole number that reads as a CPR number is one, for a log."""
    text = str(abs(value)).zfill(10)
    return "[number]" if len(text) == 10 and abs(value) >= 10**8 and _SENSITIVE.fullmatch(text) else value


def scrub_value(value: Any, depth: int = 0) -> Any:
    """A value that may stand in a log. Unknown objects give their type only: their ``repr`` may hold anything."""
    if value is None or isinstance(value, bool | float | date | datetime):
        return value
    if isinstance(value, Enum):
        return scrub_value(value.value, depth)
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, int):
        return _scrub_number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if depth < DEEPEST and isinstance(value, Mapping):
        return scrub_fields({str(key): item for key, item in value.items()}, depth + 1)
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [scrub_value(item, depth + 1) for item in value]
    return f"[{type(value).__name__}]"


def scrub_fields(fields: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Fields with content-like names emptied and every other value scrubbed."""
    return {scrub_text(key): REMOVED if key.lower() in _CONTENT_FIELDS else scrub_value(value, depth) for key, value in fields.items()}


def _frames(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        found.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return found[-FRAMES:]


def _exception_facts(found: object) -> dict[str, Any]:
    """Type and places of an exception. Its words stay out: nobody knows what a library puts there."""
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if not isinstance(error, BaseException):
        return {}
    return {"error_type": type(error).__name__, "frames": _frames(error.__traceback__)}


def shape_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """``exc_info`` becomes type and places."""
    facts = _exception_facts(event.pop("exc_info", None))
    event.pop("stack_info", None)
    return {**event, **facts}


def scrub(logger: WrappedLogger, method: str, event: EventDict) -> MutableMapping[str, Any]:
    """The processor: every event passes it, ours and other libraries'."""
    kept = {key: event.pop(key) for key in ("_record", "_from_structlog") if key in event}
    return {**scrub_fields(event), **kept}


def clean_record(*given: Any, **more: Any) -> logging.LogRecord:
    """The factory of every record that ``logging`` makes, so that a handler which a library adds later gets no more than ours.

    What another library logs is its template, never its arguments, but for the few loggers whose arguments are ours.
    """
    record = logging.LogRecord(*given, **more)
    if given[0] is None or isinstance(record.msg, dict):  # a copy that makeLogRecord fills, or ours, scrubbed already
        return record
    speaking = record.name.startswith(_SPEAKING)
    record.msg = scrub_text(record.getMessage() if speaking else str(record.msg))
    record.args = ()
    record.error_facts = _exception_facts(record.exc_info)
    record.exc_info = record.exc_text = record.stack_info = None
    return record


def foreign_facts(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Who logged it, and the type and places of its exception."""
    record = event["_record"]
    return {**event, "logger": record.name, **getattr(record, "error_facts", {})}


def _pre_chain() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _formatter(log_format: str) -> structlog.stdlib.ProcessorFormatter:
    if log_format == "console":
        renderer: Processor = structlog.dev.ConsoleRenderer(colors=False, timestamp_key="at")
    else:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_pre_chain(), foreign_facts],
        processors=[scrub, structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        use_get_message=False,
    )


def set_up(log_format: str, stream: TextIO | None = None, level: int = logging.INFO) -> structlog.stdlib.BoundLogger:
    """Configure structlog and ``logging`` for this process; gives the product's logger. ``log_format`` is json or console.

    Every handler that was there is replaced, so that nothing goes round the scrubbing.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.setLogRecordFactory(clean_record)
    logging.captureWarnings(capture=True)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*_pre_chain(), shape_exception, scrub, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logger_of_ours: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("addin_backend")
    return logger_of_ours


def request_scope(request_id: str) -> AbstractContextManager[None]:
    """Everything logged inside carries ``request_id``, also in worker threads started from it."""
    return structlog.contextvars.bound_contextvars(request_id=request_id)


def reporter(log: structlog.stdlib.BoundLogger) -> Callable[[str, Mapping[str, object]], None]:
    """The log as the web room asks for it: an event and its fields. Failures stand out as errors."""

    def report(event: str, fields: Mapping[str, object]) -> None:
        (log.error if event.endswith("_failed") else log.info)(event, **fields)

    return report
