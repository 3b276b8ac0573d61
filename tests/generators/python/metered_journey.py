from metered_client import AuthenticatedClient, Client
from metered_client.api.auth import auth_login, auth_register
from metered_client.api.balances import balances_get
from metered_client.api.chat import chat_send
from metered_client.models import (
    Balance,
    Chat,
    Confirmation,
    Credentials,
    Detail,
    ErrorMessage,
    NewAccount,
    NewMessage,
    TokenPair,
)

from .support import URL, must

client = Client(base_url=URL)
account = NewAccount(username="metered-python", password="password123")
assert must(auth_register.sync(client=client, body=account), Confirmation).message == "User created successfully"
wrong = Credentials(username="metered-python", password="wrong")
assert must(auth_login.sync(client=client, body=wrong), ErrorMessage).error == "Invalid credentials"
right = Credentials(username="metered-python", password="password123")
tokens = must(auth_login.sync(client=client, body=right), TokenPair)
signed_in = AuthenticatedClient(base_url=URL, token=tokens.access)
hello = NewMessage(message="Hello")
first = must(chat_send.sync(client=signed_in, body=hello, idempotency_key="once"), Chat)
assert must(chat_send.sync(client=signed_in, body=hello, idempotency_key="once"), Chat) == first
assert must(balances_get.sync(client=signed_in), Balance).tokens == 3900
nobody = AuthenticatedClient(base_url=URL, token="nobody")
assert must(balances_get.sync(client=nobody), Detail).code == "token_not_valid"
