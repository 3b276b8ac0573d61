import { client } from "./webchat/client.gen.js";
import {
  authGetProfile,
  authLogin,
  authLogout,
  authRefresh,
  authRegister,
  chatCreateSession,
  chatGetChat,
  chatGetSession,
  chatListSessions,
  chatSend,
  type Session,
} from "./webchat/index.js";
import { equal, must, url } from "./support.js";

client.setConfig({ baseUrl: url });
const credentials = { username: "webchat-hey", password: "password123" };
must(await authRegister({ body: { ...credentials, confirm_password: "password123" } }));
const signedIn = must(await authLogin({ body: credentials }));
client.setConfig({ baseUrl: url, auth: signedIn.access });
equal(must(await authGetProfile()), signedIn.user);
const session: Session = must(await chatCreateSession({ body: { title: "Tides" } }));
const path = { session_id: session.id };
const chat = must(await chatSend({ path, body: { message: "Hello" } }));
const listed = must(await chatListSessions({ query: { page_size: 5 } }));
const first: Session | undefined = listed.results[0];
equal([listed.count, first?.title, first?.last_message?.message], [1, "Tides", "Hello"]);
equal(must(await chatGetChat({ path: { session_id: session.id, chat_id: chat.id } })), chat);
const unknown = await chatGetSession({ path: { session_id: "018e376b-9ce0-7000-8000-000000000001" } });
equal([unknown.response?.status, unknown.error], [404, { detail: "Not found." }]);
must(await authRefresh({ body: { refresh: signedIn.refresh } }));
must(await authLogout({ body: { refresh: signedIn.refresh } }));
equal((await authGetProfile()).response?.status, 401);
