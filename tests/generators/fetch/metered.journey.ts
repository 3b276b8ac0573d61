import createClient from "openapi-fetch";
import type { paths } from "./metered.types.js";
import { bearing, equal, must, url } from "./support.js";

const api = createClient<paths>({ baseUrl: url });
const body = { username: "metered-fetch", password: "password123" };
equal(must(await api.POST("/api/register/", { body })).message, "User created successfully");
const wrong = await api.POST("/api/login/", { body: { ...body, password: "wrong" } });
equal(wrong.error, { error: "Invalid credentials" });
api.use(bearing(must(await api.POST("/api/login/", { body })).access));
const params = { header: { "Idempotency-Key": "once" } };
const first = must(await api.POST("/api/chat/", { body: { message: "Hello" }, params }));
const second = must(await api.POST("/api/chat/", { body: { message: "Hello" }, params }));
equal(second, first);
equal(must(await api.GET("/api/tokens/")).tokens, 3900);
