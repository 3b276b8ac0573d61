import io
import json

from platform_client import AuthenticatedClient, Client
from platform_client.api.assistants import (
    assistants_create,
    assistants_delete,
    assistants_get,
    assistants_list,
    assistants_update,
)
from platform_client.api.auth import auth_login, auth_logout, auth_refresh, auth_register
from platform_client.api.conversations import (
    conversations_create,
    conversations_send_message,
    conversations_stream_message,
)
from platform_client.api.files import files_download, files_upload
from platform_client.api.health import health_check
from platform_client.api.realtime import realtime_create_ticket
from platform_client.api.users import users_me
from platform_client.api.webhooks import webhooks_create, webhooks_test
from platform_client.models import (
    Assistant,
    AssistantList,
    AssistantsListSort,
    AssistantStatus,
    AssistantUpdate,
    Confirmation,
    Conversation,
    Credentials,
    Delivery,
    DoneEvent,
    Error,
    ErrorErrorCode,
    Exchange,
    Health,
    HealthStatus,
    MessageReceivedEvent,
    MessageRole,
    MessageStatus,
    NewAssistant,
    NewConversation,
    NewFile,
    NewMessage,
    NewWebhook,
    NoFields,
    RefreshToken,
    Registration,
    SignOut,
    StoredFile,
    SubscribableEvent,
    Ticket,
    TokenPair,
    TokenType,
    User,
    UserRole,
    Webhook,
    WebhookTestEvent,
)
from platform_client.types import File

from .support import URL, must

ADDRESS, PASSWORD = "platform-python@example.com", "password123"
client = Client(base_url=URL)
user = must(auth_register.sync(client=client, body=Registration(email=ADDRESS, password=PASSWORD)), User)
assert (user.role, user.tokens) == (UserRole.USER, 4000)
wrong = must(auth_login.sync(client=client, body=Credentials(email=ADDRESS, password="wrong")), Error)
assert wrong.error_code == ErrorErrorCode.UNAUTHORIZED
tokens = must(auth_login.sync(client=client, body=Credentials(email=ADDRESS, password=PASSWORD)), TokenPair)
signed_in = AuthenticatedClient(base_url=URL, token=tokens.access_token)

invalid = must(assistants_create.sync(client=signed_in, body=NewAssistant(name="")), Error)
assert [error.field for error in must(invalid.errors, list)] == ["name"]
new = NewAssistant(name="Tides", status=AssistantStatus.ACTIVE)
assistant = must(assistants_create.sync(client=signed_in, body=new, idempotency_key="once"), Assistant)
changed = must(assistants_update.sync(assistant.id, client=signed_in, body=AssistantUpdate(category="sea")), Assistant)
assert (changed.category, changed.status) == ("sea", AssistantStatus.ACTIVE)
page = must(assistants_list.sync(client=signed_in, sort=AssistantsListSort.NAMEASC, size=5), AssistantList)
assert (page.total, must(page.items[0], Assistant).id, page.next_cursor) == (1, assistant.id, None)

begun = NewConversation(assistant_id=assistant.id, initial_message="Hello")
conversation = must(conversations_create.sync(client=signed_in, body=begun), Conversation)
assert [said.role for said in must(conversation.messages, list)] == [MessageRole.USER, MessageRole.ASSISTANT]
message = NewMessage(content="Hello again")
said = must(conversations_send_message.sync(conversation.id, client=signed_in, body=message), Exchange)
assert (said.tokens_charged, said.assistant_message.status) == (100, MessageStatus.COMPLETE)

# The call returns the stream as text when it has ended.
stream = must(conversations_stream_message.sync(conversation.id, client=signed_in, body=message), str)
fields = [dict(line.split(": ", 1) for line in event.splitlines()) for event in stream.strip().split("\n\n")]
assert [event["event"] for event in fields][:: len(fields) - 1] == ["message", "done"]
done = DoneEvent.from_dict(fields[-1])
reply = Exchange.from_dict(json.loads(done.data))
assert reply.assistant_message.content == "This is a dummy response from the AI."

upload = NewFile(file=File(io.BytesIO(b"The tide is high."), "tides.txt", "text/plain"))
stored = must(files_upload.sync(client=signed_in, body=upload), StoredFile)
assert must(files_download.sync(stored.id, client=signed_in), File).payload.read() == b"The tide is high."

events = [SubscribableEvent.MESSAGE_RECEIVED]
new_webhook = NewWebhook(url="https://receiver.example/", events=events)
webhook = must(webhooks_create.sync(client=signed_in, body=new_webhook), Webhook)
assert must(webhook.secret, str) and webhook.is_active
tested = must(webhooks_test.sync(webhook.id, client=signed_in, body=NoFields()), Delivery)
assert must(tested.payload, WebhookTestEvent).data.webhook_id == webhook.id
# A receiver reads bodies with the same models.
body = {
    "event": "message.received",
    "timestamp": "2024-01-01T00:00:00Z",
    "data": {"conversation_id": str(conversation.id), "user_id": str(user.id), "message_id": str(said.user_message.id)},
}
assert MessageReceivedEvent.from_dict(body).data.message_id == said.user_message.id

assert must(realtime_create_ticket.sync(client=signed_in), Ticket).expires_in == 30
assert must(health_check.sync(client=client), Health).status == HealthStatus.HEALTHY
assert assistants_delete.sync_detailed(assistant.id, client=signed_in).status_code == 204
gone = must(assistants_get.sync(assistant.id, client=signed_in), Error)
assert (gone.status_code, gone.error_code) == (404, ErrorErrorCode.NOT_FOUND)
fresh = auth_refresh.sync(client=client, body=RefreshToken(refresh_token=tokens.refresh_token))
assert must(fresh, TokenPair).token_type == TokenType.BEARER
must(auth_logout.sync(client=signed_in, body=SignOut()), Confirmation)
assert users_me.sync_detailed(client=signed_in).status_code == 401
