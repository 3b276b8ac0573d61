import createClient from "openapi-fetch";
import type { components, paths } from "./webchat.types.js";
import { bearing, equal, must, url } from "./support.js";

const api = createClient<paths>({ baseUrl: url });
const credentials = { username: "webchat-fetch", password: "password123" };
must(await api.POST("/api/v1/auth/register/", { body: { ...credentials, confirm_password: "password123" } }));
const signedIn = must(await api.POST("/api/v1/auth/login/", { body: credentials }));
api.use(bearing(signedIn.access));
equal(must(await api.GET("/api/v1/auth/profile/")), signedIn.user);
const session = must(await api.POST("/api/v1/chat/sessions/", { body: { title: "Tides" } }));
const params = { path: { session_id: session.id } };
const chat = must(await api.POST("/api/v1/chat/sessions/{session_id}/chats/", { params, body: { message: "Hello" } }));
const listed = must(await api.GET("/api/v1/chat/sessions/", { params: { query: { page_size: 5 } } }));
// What is listed is of the type of what is shown.
const first: components["schemas"]["Session"] | undefined = listed.results[0];
equal([listed.count, first?.title, first?.last_message?.message], [1, "Tides", "Hello"]);
const again = must(
  await api.GET("/api/v1/chat/sessions/{session_id}/chats/{chat_id}/", {
    params: { path: { session_id: session.id, chat_id: chat.id } },
  }),
);
equal(again, chat);
const unknown = await api.GET("/api/v1/chat/sessions/{session_id}/", {
  params: { path: { session_id: "018e376b-9ce0-7000-8000-000000000001" } },
});
equal([unknown.response.status, unknown.error], [404, { detail: "Not found." }]);
must(await api.POST("/api/v1/auth/token/refresh/", { body: { refresh: signedIn.refresh } }));
must(await api.POST("/api/v1/auth/logout/", { body: { refresh: signedIn.refresh } }));
equal((await api.GET("/api/v1/auth/profile/")).response.status, 401);
