# Made of _async/resources/assistants.py by tools/unasync.py. Change that file.
"""Assistants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..._core.models import Assistant, AssistantStatus
from ..._core.operations import (
    ASSISTANTS_CREATE,
    ASSISTANTS_DELETE,
    ASSISTANTS_GET,
    ASSISTANTS_LIST,
    ASSISTANTS_UPDATE,
)
from ..._core.values import UNSET, CallOptions, Id, KeyedOptions, Unset, given, id_text
from ..pages import Page
from ..resource import Resource

if TYPE_CHECKING:
    from typing_extensions import Unpack


def _fields(**arguments: Any) -> dict[str, Any]:
    fields = given(**arguments)
    for name in ("tools", "files"):
        if fields.get(name) is not None:
            fields[name] = [id_text(each) for each in fields[name]]
    return fields


class Assistants(Resource):
    """Assistants."""

    def create(
        self,
        *,
        name: str,
        description: str | Unset | None = UNSET,
        personality: str | Unset | None = UNSET,
        system_prompt: str | Unset | None = UNSET,
        tools: Sequence[Id] | Unset | None = UNSET,
        model: str | Unset | None = UNSET,
        temperature: float | Unset | None = UNSET,
        category: str | Unset | None = UNSET,
        company_name: str | Unset | None = UNSET,
        status: AssistantStatus | Unset | None = UNSET,
        files: Sequence[Id] | Unset | None = UNSET,
        **options: Unpack[KeyedOptions],
    ) -> Assistant:
        """Creates an assistant. It answers from its `files`."""
        body = _fields(
            name=name,
            description=description,
            personality=personality,
            system_prompt=system_prompt,
            tools=tools,
            model=model,
            temperature=temperature,
            category=category,
            company_name=company_name,
            status=status,
            files=files,
        )
        return self._call(ASSISTANTS_CREATE, options, body=body)

    def list(
        self,
        *,
        status: AssistantStatus | Unset = UNSET,
        category: str | Unset = UNSET,
        sort: str | Unset = UNSET,
        size: int | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Page[Assistant]:
        """The assistants of the caller. `sort` is like `name:asc`."""
        query = given(status=status, category=category, sort=sort, size=size)
        return self._list(ASSISTANTS_LIST, options, query)

    def get(self, assistant_id: Id, **options: Unpack[CallOptions]) -> Assistant:
        """An assistant."""
        return self._call(ASSISTANTS_GET, options, path={"assistant_id": assistant_id})

    def update(
        self,
        assistant_id: Id,
        *,
        name: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
        personality: str | Unset | None = UNSET,
        system_prompt: str | Unset | None = UNSET,
        tools: Sequence[Id] | Unset | None = UNSET,
        model: str | Unset | None = UNSET,
        temperature: float | Unset | None = UNSET,
        category: str | Unset | None = UNSET,
        company_name: str | Unset | None = UNSET,
        status: AssistantStatus | Unset | None = UNSET,
        files: Sequence[Id] | Unset | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Assistant:
        """Changes the fields that are given. `None` empties one."""
        body = _fields(
            name=name,
            description=description,
            personality=personality,
            system_prompt=system_prompt,
            tools=tools,
            model=model,
            temperature=temperature,
            category=category,
            company_name=company_name,
            status=status,
            files=files,
        )
        return self._call(ASSISTANTS_UPDATE, options, path={"assistant_id": assistant_id}, body=body)

    def delete(self, assistant_id: Id, **options: Unpack[CallOptions]) -> None:
        """Deletes an assistant. Its conversations stay."""
        self._call(ASSISTANTS_DELETE, options, path={"assistant_id": assistant_id})
