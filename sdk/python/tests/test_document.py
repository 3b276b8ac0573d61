"""The library and the OpenAPI document of the server say the same."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Mapping
from datetime import datetime
from types import UnionType
from typing import Any, Literal, Union

import pytest
from document import PREFIX, Document
from faults import Seen

from ai_assistant_sdk import AIAssistantClient, ErrorCode
from ai_assistant_sdk._core import live, models, operations
from ai_assistant_sdk._core.errors import error_class

# The same answers as below /api/v1.
TWICE = {("GET", "/health"), ("GET", "/health/detailed")}
# Pages take care of these.
OF_PAGES = {"page", "after"}
# Arguments that become something else.
BY_OTHER_MEANS = {
    "auth.refresh": {"refresh_token"},
    "auth.logout": {"refresh_token"},
    "files.announce": None,
    "files.complete": None,
    "conversations.messages.resume": None,
}
SCHEMAS = {
    "User": models.User,
    "ApiKey": models.ApiKey,
    "CreatedApiKey": models.CreatedApiKey,
    "Assistant": models.Assistant,
    "Attachment": models.Attachment,
    "NewAttachment": models.Attachment,
    "Usage": models.Usage,
    "Source": models.Source,
    "StreamStep": models.Step,
    "Message": models.Message,
    "Conversation": models.Conversation,
    "Exchange": models.Exchange,
    "ToolParameter": models.Parameter,
    "NewToolParameter": models.Parameter,
    "SecretHeader": models.SecretHeader,
    "Tool": models.Tool,
    "ToolRequest": models.ToolRequest,
    "ToolResponse": models.ToolResponse,
    "ToolTestResult": models.ToolTrial,
    "Model": models.ChatModel,
    "StoredFile": models.File,
    "Upload": models.Upload,
    "Webhook": models.Webhook,
    "DeliveryAttempt": models.DeliveryAttempt,
    "Delivery": models.Delivery,
    "RetriedDeliveries": models.Retried,
    "Notification": models.Notification,
    "Ticket": models.Ticket,
    "ComponentHealth": models.Component,
    "DetailedHealth": models.Health,
    "TokenPair": models.TokenPair,
    "StreamDelta": models.DeltaEvent,
}
# Objects whose fields the library does not read one by one.
NOT_MODELS = {"Error", "FieldError", "Confirmation", "HealthComponents", "Health", "Step", "SecretHeaderName"}


def paths_of(document: Document) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path.removeprefix(PREFIX)): operation
        for (method, path), operation in document.operations.items()
        if (method, path) not in TWICE
    }


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def in_document(document: Document, operation: operations.Operation[Any]) -> dict[str, Any]:
    return next(
        found
        for (method, path), found in paths_of(document).items()
        if (method, shape(path)) == (operation.method, shape(operation.path))
    )


def body_schema(document: Document, operation: operations.Operation[Any]) -> dict[str, Any]:
    content = in_document(document, operation).get("requestBody", {}).get("content", {})
    schema = next(iter(content.values()))["schema"] if content else {}
    return document.resolve(next(iter(schema.get("oneOf", [schema]))))


def test_every_operation_of_the_document_is_in_the_library_once_and_the_other_way_round(document: Document) -> None:
    documented = sorted((method, shape(path)) for method, path in paths_of(document))
    known = sorted((operation.method, shape(operation.path)) for operation in operations.ALL)
    assert known == documented


@pytest.mark.parametrize("operation", operations.ALL, ids=lambda operation: operation.name)
def test_requests_have_the_fields_of_the_document(document: Document, operation: operations.Operation[Any]) -> None:
    parameters = in_document(document, operation).get("parameters", [])
    query = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    assert set(operation.query) == query
    headers = {parameter["name"] for parameter in parameters if parameter["in"] == "header"}
    assert ("Idempotency-Key" in headers) == operation.is_keyed
    assert headers <= {"Idempotency-Key", "Last-Event-ID"}
    assert set(operation.body or ()) == set(body_schema(document, operation).get("properties", {}))


@pytest.mark.parametrize("operation", operations.ALL, ids=lambda operation: operation.name)
def test_methods_take_every_field_as_an_argument(document: Document, operation: operations.Operation[Any]) -> None:
    internal = BY_OTHER_MEANS.get(operation.name, set())
    if internal is None:
        return
    target: Any = AIAssistantClient()
    for name in operation.name.split("."):
        target = getattr(target, name)
    parameters = inspect.signature(target).parameters
    path_fields = set(re.findall(r"\{(\w+)\}", operation.path))
    expected = {*operation.query, *(operation.body or ()), *path_fields} - OF_PAGES - internal
    if operation.name == "users.list":
        expected -= {"username", "email"}
    assert expected <= set(parameters)
    required = set(body_schema(document, operation).get("required", []))
    for name in expected & set(operation.body or ()):
        is_required = parameters[name].default is inspect.Parameter.empty
        assert is_required == (name in required), name


def kind_of(hint: Any) -> tuple[set[str], bool]:
    """The JSON kinds of an annotation, and whether it may be null."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, UnionType):
        kinds: set[str] = set()
        for argument in arguments:
            if typing.get_origin(argument) is not Literal:
                kinds |= kind_of(argument)[0]
        return kinds - {"null"}, "null" in kinds
    if hint is type(None):
        return {"null"}, True
    if origin is list:
        return {"array"}, False
    is_object = origin is not None and issubclass(origin, Mapping)
    if is_object or (inspect.isclass(hint) and issubclass(hint, models.Model)):
        return {"object"}, False
    return {{str: "string", datetime: "time", int: "integer", float: "number", bool: "boolean"}[hint]}, False


def kind_in_document(document: Document, schema: dict[str, Any]) -> tuple[set[str], bool]:
    schema = document.resolve(schema)
    if "oneOf" in schema:
        both = [kind_in_document(document, each) for each in schema["oneOf"]]
        return set().union(*(kinds for kinds, _ in both)) - {"null"}, any(null for _, null in both)
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    is_null = "null" in types
    kinds = {"time" if schema.get("format") == "date-time" else name for name in types if name != "null"}
    return kinds or {"null"}, is_null


@pytest.mark.parametrize(("name", "model"), SCHEMAS.items(), ids=list(SCHEMAS))
def test_models_have_the_fields_of_the_document(document: Document, name: str, model: type[models.Model]) -> None:
    schema = document.data["components"]["schemas"][name]
    hints = typing.get_type_hints(model)
    fields = {field.name: field for field in dataclasses.fields(model) if field.name != "extra"}
    assert set(fields) == set(schema["properties"])
    for field_name, field in fields.items():
        kinds, may_be_null = kind_of(hints[field_name])
        documented, is_null = kind_in_document(document, schema["properties"][field_name])
        assert kinds == documented, field_name
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        is_required = field_name in schema.get("required", [])
        assert may_be_null == is_null or (has_default and not is_required), field_name
        assert is_required or has_default, field_name


def test_every_object_in_answers_has_a_model(document: Document) -> None:
    answered: set[str] = set()

    def visit(schema: Any) -> None:
        if isinstance(schema, list):
            for each in schema:
                visit(each)
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            if name not in answered:
                answered.add(name)
                visit(document.data["components"]["schemas"][name])
        for value in schema.values():
            visit(value)

    for operation in document.operations.values():
        for response in operation["responses"].values():
            visit(response.get("content", {}))
    objects = {name for name in answered if document.data["components"]["schemas"][name].get("type") != "string"}
    # The library reads pages, and events of streams and webhooks, by their names.
    others = {name for name in objects if name.endswith(("List", "Stream", "Event", "EventData"))}
    assert objects - others - set(SCHEMAS) - NOT_MODELS == set()


def values_of(schema: dict[str, Any]) -> set[str] | None:
    """The values of an enumeration."""
    return set(schema["enum"]) if "enum" in schema else None


def literals_of(hint: Any) -> set[str] | None:
    """The values that an annotation lists."""
    if typing.get_origin(hint) is Literal:
        return set(typing.get_args(hint))
    return next((found for each in typing.get_args(hint) if (found := literals_of(each)) is not None), None)


@pytest.mark.parametrize(("name", "model"), SCHEMAS.items(), ids=list(SCHEMAS))
def test_enumerations_have_the_values_of_the_document(document: Document, name: str, model: type[models.Model]) -> None:
    hints = typing.get_type_hints(model)
    for field_name, schema in document.data["components"]["schemas"][name]["properties"].items():
        schema = document.resolve(schema.get("items", schema))
        values = values_of(schema)
        if values is not None:
            assert literals_of(hints[field_name]) == values, field_name


def test_error_codes_are_those_of_the_document(document: Document) -> None:
    assert literals_of(ErrorCode) == set(
        document.data["components"]["schemas"]["Error"]["properties"]["error_code"]["enum"]
    )


def test_every_status_has_an_error_class(document: Document) -> None:
    statuses = {
        int(status) for operation in document.operations.values() for status in operation["responses"] if status > "3"
    }
    general = {error_class(status, {}, None).__name__ for status in statuses - {408, 431, 500}}
    assert "APIStatusError" not in general
    assert "ServerError" not in general


def test_updates_have_the_kinds_of_the_specification() -> None:
    kinds = {"conversation_update": live.ConversationUpdate, "assistant_status": live.AssistantUpdate}
    for kind, model in kinds.items():
        data = {"event": "x", "conversation_id": "c", "assistant_id": "a", "status": "active"}
        assert isinstance(live.read_update(kind, data), model)
    assert isinstance(live.read_update("system_notification", {"message": "m"}), live.SystemNotification)


@pytest.mark.parametrize(
    ("status", "answer", "is_right"),
    [
        (200, b'{"status": "healthy"}', True),
        (200, b'{"status": 3}', False),
        (200, b"{}", False),
        (418, b"{}", False),
    ],
)
def test_answers_that_the_document_does_not_know_are_noticed(
    document: Document, status: int, answer: bytes, is_right: bool
) -> None:
    seen = Seen("GET", "/api/v1/health", {}, b"", status=status, content_type="application/json", answer=answer)
    assert (document.problem_of(seen) is None) == is_right
