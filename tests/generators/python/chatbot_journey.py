from chatbot_client import AuthenticatedClient, Client
from chatbot_client.api.auth import auth_login, auth_register
from chatbot_client.api.balances import balances_get
from chatbot_client.api.chat import chat_send
from chatbot_client.api.users import users_list
from chatbot_client.models import (
    Balance,
    Credentials,
    FieldErrors,
    NewAccount,
    NewMessage,
    RegisteredUser,
    Reply,
    Token,
)

from .support import URL, must

client = Client(base_url=URL)
account = NewAccount(username="chatbot-python", password="password123")
assert must(auth_register.sync(client=client, body=account), RegisteredUser).tokens == 4000
taken = must(auth_register.sync(client=client, body=account), FieldErrors)
assert taken["username"] == ["A user with that username already exists."]
credentials = Credentials(username="chatbot-python", password="password123")
token = must(auth_login.sync(client=client, body=credentials), Token).token
signed_in = AuthenticatedClient(base_url=URL, token=token)
reply = must(chat_send.sync(client=signed_in, body=NewMessage(message="Hello")), Reply)
assert reply.response == "This is a dummy response from the AI."
assert must(balances_get.sync(client=signed_in), Balance).tokens == 3900
users = must(users_list.sync(client=signed_in, page=1), list)
assert "chatbot-python" in [user.username for user in users]
