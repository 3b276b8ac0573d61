import { client } from "./reports/client.gen.js";
import {
  assistantsCreate,
  assistantsList,
  assistantsUpdate,
  authCreateToken,
  chatSend,
  usersCreate,
} from "./reports/index.js";
import { equal, must, url } from "./support.js";

client.setConfig({ baseUrl: url });
const credentials = { username: "reports-hey", password: "password123" };
must(await usersCreate({ body: { ...credentials, email: "reports-hey@example.com" } }));
client.setConfig({ baseUrl: url, auth: must(await authCreateToken({ body: credentials })).token });
const file = new File(["The tide is high at noon."], "tides.txt", { type: "text/plain" });
const fields = { name: "Tides", company_name: "Harbour", instructions: "Write reports." };
const assistant = must(await assistantsCreate({ body: { ...fields, files: [file] } }));
equal(assistant.files[0]?.filename, "tides.txt");
const path = { assistant_id: assistant.id };
const changed = must(await assistantsUpdate({ path, body: { ...fields, new_name: "Waves" } }));
equal([changed.id, changed.name, changed.files.length], [assistant.id, "Waves", 1]);
const chat = must(await chatSend({ body: { assistant_name: "Waves", _input: "Hello" } }));
equal([chat.assistant_name, chat._input], ["Waves", "Hello"]);
const unknown = await chatSend({ body: { assistant_name: "Nobody", _input: "Hello" } });
equal(unknown.error, { assistant_name: ["Object with name=Nobody does not exist."] });
equal(must(await assistantsList()).map(({ query_count }) => query_count), [1]);
