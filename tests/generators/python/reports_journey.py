import io

from reports_client import AuthenticatedClient, Client
from reports_client.api.assistants import assistants_create, assistants_list, assistants_update
from reports_client.api.auth import auth_create_token
from reports_client.api.chat import chat_send
from reports_client.api.users import users_create
from reports_client.models import (
    Assistant,
    AssistantForm,
    Chat,
    Credentials,
    FieldErrors,
    NewChat,
    NewUser,
    Token,
    User,
)
from reports_client.types import File

from .support import URL, must

client = Client(base_url=URL)
user = NewUser(username="reports-python", email="reports-python@example.com", password="password123")
assert must(users_create.sync(client=client, body=user), User).email == "reports-python@example.com"
credentials = Credentials(username="reports-python", password="password123")
token = must(auth_create_token.sync(client=client, body=credentials), Token).token
signed_in = AuthenticatedClient(base_url=URL, token=token)
form = AssistantForm(name="Tides", company_name="Harbour", instructions="Write reports.")
form.files = [File(io.BytesIO(b"The tide is high at noon."), "tides.txt", "text/plain")]
assistant = must(assistants_create.sync(client=signed_in, body=form), Assistant)
assert [file.filename for file in assistant.files] == ["tides.txt"]
change = AssistantForm(name="Tides", new_name="Waves", company_name="Harbour", instructions="Write reports.")
changed = must(assistants_update.sync(assistant.id, client=signed_in, body=change), Assistant)
assert (changed.id, changed.name, len(changed.files)) == (assistant.id, "Waves", 1)
said = must(chat_send.sync(client=signed_in, body=NewChat(assistant_name="Waves", field_input_="Hello")), Chat)
assert (said.assistant_name, said.field_input_) == ("Waves", "Hello")
unknown = must(
    chat_send.sync(client=signed_in, body=NewChat(assistant_name="Nobody", field_input_="Hello")), FieldErrors
)
assert unknown["assistant_name"] == ["Object with name=Nobody does not exist."]
assert [one.query_count for one in must(assistants_list.sync(client=signed_in), list)] == [1]
