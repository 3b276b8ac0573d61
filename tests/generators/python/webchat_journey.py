from uuid import UUID

from webchat_client import AuthenticatedClient, Client
from webchat_client.api.auth import auth_get_profile, auth_login, auth_logout, auth_refresh, auth_register
from webchat_client.api.chat import (
    chat_create_session,
    chat_get_chat,
    chat_get_session,
    chat_list_sessions,
    chat_send,
)
from webchat_client.models import (
    AccessToken,
    Chat,
    Confirmation,
    Credentials,
    Detail,
    LastMessage,
    NewMessage,
    NewSession,
    RefreshToken,
    Registration,
    Session,
    SessionList,
    SignedInUser,
    User,
)

from .support import URL, must

client = Client(base_url=URL)
registration = Registration(username="webchat-python", password="password123", confirm_password="password123")
must(auth_register.sync(client=client, body=registration), SignedInUser)
credentials = Credentials(username="webchat-python", password="password123")
tokens = must(auth_login.sync(client=client, body=credentials), SignedInUser)
signed_in = AuthenticatedClient(base_url=URL, token=tokens.access)
assert must(auth_get_profile.sync(client=signed_in), User) == tokens.user
session = must(chat_create_session.sync(client=signed_in, body=NewSession(title="Tides")), Session)
chat = must(chat_send.sync(session.id, client=signed_in, body=NewMessage(message="Hello")), Chat)
listed = must(chat_list_sessions.sync(client=signed_in, page_size=5), SessionList)
first = must(listed.results[0], Session)
assert (listed.count, first.title, must(first.last_message, LastMessage).message) == (1, "Tides", "Hello")
assert must(chat_get_chat.sync(session.id, chat.id, client=signed_in), Chat) == chat
unknown = chat_get_session.sync_detailed(UUID("018e376b-9ce0-7000-8000-000000000001"), client=signed_in)
assert (unknown.status_code, must(unknown.parsed, Detail).detail) == (404, "Not found.")
refresh = RefreshToken(refresh=tokens.refresh)
must(auth_refresh.sync(client=client, body=refresh), AccessToken)
must(auth_logout.sync(client=signed_in, body=refresh), Confirmation)
assert auth_get_profile.sync_detailed(client=signed_in).status_code == 401
