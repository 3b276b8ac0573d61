import { client } from "./chatbot/client.gen.js";
import { authLogin, authRegister, balancesGet, chatSend, usersList } from "./chatbot/index.js";
import { equal, must, url } from "./support.js";

client.setConfig({ baseUrl: url });
const body = { username: "chatbot-hey", password: "password123" };
equal(must(await authRegister({ body })).tokens, 4000);
equal((await authRegister({ body })).error, { username: ["A user with that username already exists."] });
const { token } = must(await authLogin({ body }));
client.setConfig({ baseUrl: url, auth: token });
equal(must(await chatSend({ body: { message: "Hello" } })).response, "This is a dummy response from the AI.");
equal(must(await balancesGet()).tokens, 3900);
const users = must(await usersList({ query: { page: 1 } }));
equal(users.some(({ username }) => username === "chatbot-hey"), true);
