"""The OpenAPI document, and whether answers are as it says."""

from __future__ import annotations

import json
import re
from typing import Any

from faults import Seen
from jsonschema import Draft202012Validator

PREFIX = "/api/v1"


class Document:
    """The OpenAPI document of the platform API."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.operations: dict[tuple[str, str], dict[str, Any]] = {
            (method.upper(), path): operation
            for path, operations in data["paths"].items()
            for method, operation in operations.items()
            if method != "parameters"
        }
        # Fixed segments come before those that take any id.
        by_fixed = sorted(data["paths"], key=lambda path: path.count("{"))
        self._patterns = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path) for path in by_fixed]

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema without a reference at its top."""
        while "$ref" in schema:
            schema = self.data["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return schema

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        for pattern, template in self._patterns:
            if pattern.match(path) and (method, template) in self.operations:
                return template, self.operations[method, template]
        return None

    def problem_of(self, seen: Seen) -> str | None:
        """What is wrong with an answer of the server."""
        path = seen.path.partition("?")[0]
        if seen.status is None or not path.startswith(PREFIX):
            return None
        found = self.operation(seen.method, path)
        request = f"{seen.method} {path} {seen.status}"
        if found is None:
            return None if seen.status in (404, 405) else f"{request}: the document has no such operation"
        response = found[1]["responses"].get(str(seen.status))
        if response is None:
            return f"{request}: the document has no such status"
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema is None or "json" not in seen.content_type:
            return None
        whole = {**schema, "components": self.data["components"]}
        error = next(Draft202012Validator(whole).iter_errors(json.loads(seen.answer)), None)
        return None if error is None else f"{request}: {error.message}"
