"""Parts of requests and answers: paths, bodies, keys."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from .models import UnexpectedAnswerError, encode
from .operations import Operation
from .values import OPTION_NAMES, CallOptions, Id, path_segment


def url_path(template: str, arguments: Mapping[str, Id]) -> str:
    """A path with its ids."""
    return re.sub(r"\{(\w+)\}", lambda found: path_segment(found[1], arguments[found[1]]), template)


def json_body(body: Mapping[str, Any]) -> bytes:
    """A body as JSON."""
    return json.dumps(encode(body), allow_nan=False, separators=(",", ":")).encode()


def decoded(content: bytes) -> Any:
    """The JSON of a body."""
    try:
        return json.loads(content)
    except ValueError:
        start = content[:60].decode("utf-8", "replace")
        raise UnexpectedAnswerError(f"the body is no JSON: {start!r}") from None


def new_key() -> str:
    """A new idempotency key."""
    return f"sdk-{uuid.uuid4()}"


def check_option_names(operation: Operation[Any], options: CallOptions) -> None:
    """Refuses options that do not exist, as Python refuses such arguments."""
    unknown = sorted(set(options) - OPTION_NAMES)
    if not operation.is_keyed and "idempotency_key" in options:
        unknown.append("idempotency_key")
    if unknown:
        raise TypeError(f"{operation.name}() got an unexpected keyword argument {unknown[0]!r}")
