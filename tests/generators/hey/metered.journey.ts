import { client } from "./metered/client.gen.js";
import { authLogin, authRegister, balancesGet, chatSend } from "./metered/index.js";
import { equal, must, url } from "./support.js";

client.setConfig({ baseUrl: url });
const body = { username: "metered-hey", password: "password123" };
equal(must(await authRegister({ body })).message, "User created successfully");
equal((await authLogin({ body: { ...body, password: "wrong" } })).error, { error: "Invalid credentials" });
client.setConfig({ baseUrl: url, auth: must(await authLogin({ body })).access });
const once = { body: { message: "Hello" }, headers: { "Idempotency-Key": "once" } };
equal(must(await chatSend(once)), must(await chatSend(once)));
equal(must(await balancesGet()).tokens, 3900);
