// Shows one of the five documents, and lets the reader choose another. The choice is in the address: /docs#webchat.
"use strict";

const names = ["platform", "reports", "webchat", "chatbot", "metered"];
const chooser = document.getElementById("document");
chooser.append(...names.map((name) => new Option(name, name)));

async function show() {
  const wanted = location.hash.slice(1).split("/")[0];
  const name = names.includes(wanted) ? wanted : names[0];
  chooser.value = name;
  const url = new URL(`openapi/${name}.json`, location.href);
  const spec = await (await fetch(url)).json();
  // Behind a proxy, the server may know another address than the browser.
  spec.servers = [{ url: new URL("..", url).href.replace(/\/$/, "") }];
  SwaggerUIBundle({
    spec,
    domNode: document.getElementById("viewer"),
    deepLinking: false,
    validatorUrl: null,
  });
}

chooser.addEventListener("change", () => { location.hash = chooser.value; });
addEventListener("hashchange", show);
show();
