import createClient from "openapi-fetch";
import type { paths } from "./chatbot.types.js";
import { bearing, equal, must, url } from "./support.js";

const api = createClient<paths>({ baseUrl: url });
const body = { username: "chatbot-fetch", password: "password123" };
const user = must(await api.POST("/users/register/", { body }));
equal([user.username, user.tokens], ["chatbot-fetch", 4000]);
const taken = await api.POST("/users/register/", { body });
equal(taken.error, { username: ["A user with that username already exists."] });
api.use(bearing(must(await api.POST("/users/login/", { body })).token));
const reply = must(await api.POST("/send/", { body: { message: "Hello" } }));
equal(reply.response, "This is a dummy response from the AI.");
equal(must(await api.GET("/token/")).tokens, 3900);
const users = must(await api.GET("/users/", { params: { query: { page: 1 } } }));
equal(users.some(({ username }) => username === "chatbot-fetch"), true);
