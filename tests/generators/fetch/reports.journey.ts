import createClient from "openapi-fetch";
import type { paths } from "./reports.types.js";
import { bearing, equal, must, url } from "./support.js";

const api = createClient<paths>({ baseUrl: url });
const credentials = { username: "reports-fetch", password: "password123" };
const user = must(await api.POST("/api/v1/users/", { body: { ...credentials, email: "reports-fetch@example.com" } }));
equal(user.email, "reports-fetch@example.com");
api.use(bearing(must(await api.POST("/api/v1/tokens/", { body: credentials })).token));

/** openapi-fetch leaves it to the caller how a form is sent. */
function bodySerializer(body: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one instanceof File) form.append(name, one, one.name);
      else form.append(name, String(one));
    }
  }
  return form;
}

const file = new File(["The tide is high at noon."], "tides.txt", { type: "text/plain" });
const fields = { name: "Tides", company_name: "Harbour", instructions: "Write reports." };
const assistant = must(
  await api.POST("/api/v1/assistants/", {
    body: { ...fields, files: [file as unknown as string] },
    bodySerializer: bodySerializer as () => FormData,
  }),
);
equal(assistant.files[0]?.filename, "tides.txt");
const changed = must(
  await api.PUT("/api/v1/assistants/{assistant_id}/", {
    params: { path: { assistant_id: assistant.id } },
    body: { ...fields, new_name: "Waves" },
    bodySerializer: bodySerializer as () => FormData,
  }),
);
equal([changed.id, changed.name, changed.files.length], [assistant.id, "Waves", 1]);
const chat = must(await api.POST("/api/v1/chat/", { body: { assistant_name: "Waves", _input: "Hello" } }));
equal([chat.assistant_name, chat._input], ["Waves", "Hello"]);
const unknown = await api.POST("/api/v1/chat/", { body: { assistant_name: "Nobody", _input: "Hello" } });
equal(unknown.error, { assistant_name: ["Object with name=Nobody does not exist."] });
equal(must(await api.GET("/api/v1/assistants/")).map(({ query_count }) => query_count), [1]);
