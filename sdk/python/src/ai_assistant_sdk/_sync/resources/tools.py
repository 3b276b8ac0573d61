# Made of _async/resources/tools.py by tools/unasync.py. Change that file.
"""Tools and models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..._core.models import ChatModel, Parameter, SecretHeader, Tool, ToolTrial
from ..._core.operations import (
    MODELS_LIST,
    TOOLS_CREATE,
    TOOLS_DELETE,
    TOOLS_GET,
    TOOLS_LIST,
    TOOLS_TEST,
    TOOLS_UPDATE,
)
from ..._core.values import UNSET, CallOptions, Id, KeyedOptions, Unset, given
from ..pages import Page
from ..resource import Resource

if TYPE_CHECKING:
    from typing_extensions import Unpack

Parameters = Mapping[str, Parameter | Mapping[str, Any]]


class Tools(Resource):
    """Tools."""

    def list(
        self, *, sort: str | Unset = UNSET, size: int | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> Page[Tool]:
        """The tools that assistants may have."""
        return self._list(TOOLS_LIST, options, given(sort=sort, size=size))

    def get(self, tool_id: Id, **options: Unpack[CallOptions]) -> Tool:
        """A tool."""
        return self._call(TOOLS_GET, options, path={"tool_id": tool_id})

    def create(
        self,
        *,
        name: str,
        endpoint: str,
        description: str | Unset | None = UNSET,
        category: str | Unset | None = UNSET,
        parameters: Parameters | Unset = UNSET,
        secret_header: SecretHeader | Mapping[str, str] | Unset | None = UNSET,
        timeout_seconds: int | Unset | None = UNSET,
        max_result_bytes: int | Unset | None = UNSET,
        **options: Unpack[KeyedOptions],
    ) -> Tool:
        """Creates a tool that calls `endpoint` with its arguments as JSON. For administrators."""
        body = given(
            name=name,
            endpoint=endpoint,
            description=description,
            category=category,
            parameters=parameters,
            secret_header=secret_header,
            timeout_seconds=timeout_seconds,
            max_result_bytes=max_result_bytes,
        )
        return self._call(TOOLS_CREATE, options, body=body)

    def update(
        self,
        tool_id: Id,
        *,
        name: str | Unset = UNSET,
        endpoint: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
        category: str | Unset | None = UNSET,
        parameters: Parameters | Unset = UNSET,
        secret_header: SecretHeader | Mapping[str, str] | Unset | None = UNSET,
        timeout_seconds: int | Unset | None = UNSET,
        max_result_bytes: int | Unset | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Tool:
        """Changes the fields that are given. `None` empties one. For administrators."""
        body = given(
            name=name,
            endpoint=endpoint,
            description=description,
            category=category,
            parameters=parameters,
            secret_header=secret_header,
            timeout_seconds=timeout_seconds,
            max_result_bytes=max_result_bytes,
        )
        return self._call(TOOLS_UPDATE, options, path={"tool_id": tool_id}, body=body)

    def delete(self, tool_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes a tool. For administrators."""
        self._call(TOOLS_DELETE, options, path={"tool_id": tool_id})

    def test(self, tool_id: Id, *, arguments: Mapping[str, Any], **options: Unpack[CallOptions]) -> ToolTrial:
        """Calls a tool, and shows what was sent and what came back. For administrators."""
        return self._call(TOOLS_TEST, options, path={"tool_id": tool_id}, body={"arguments": arguments})


class Models(Resource):
    """Models."""

    def list(self, **options: Unpack[CallOptions]) -> list[ChatModel]:
        """The models that assistants may use."""
        return self._call(MODELS_LIST, options)
