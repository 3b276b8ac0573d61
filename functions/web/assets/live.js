// What happens in other windows: a BroadcastChannel for this browser, a WebSocket for everywhere else.

import { callJson } from './calls.js';
import { page } from './words.js';

const RECONNECT_S = [1, 2, 5, 10, 30, 60];
const PING_MS = 240_000;

/** @typedef {{type: 'renamed', chat: string, title: string} | {type: 'deleted', chat: string} | {type: 'turn', chat: string}} News */

/** @type {BroadcastChannel | null} */
let channel = null;

/** Tells this browser's other windows. @param {News} news */
export const tell = (news) => channel?.postMessage(news);

/** @type {WebSocket | null} */
let socket = null;
let attempts = 0;
let reconnecting = 0;
let pinging = 0;

// A page over TLS may not open a plain WebSocket, and a server behind a proxy with TLS does not know that it is one.
async function address() {
  const url = page.socket ?? (await callJson('/ws-ticket/', {})).url;
  return location.protocol === 'https:' ? url.replace(/^ws:/, 'wss:') : url;
}

/** @param {{hear: (news: News) => void, frame: (frame: any) => void, missed: () => void}} listeners */
async function connect(listeners) {
  clearTimeout(reconnecting);
  const again = () => {
    clearInterval(pinging);
    reconnecting = setTimeout(connect, RECONNECT_S[Math.min(attempts++, RECONNECT_S.length - 1)] * 1000, listeners);
  };
  try {
    const opening = new WebSocket(await address());
    socket = opening;
    opening.onopen = () => {
      if (attempts > 0) listeners.missed();
      attempts = 0;
      pinging = setInterval(() => opening.send('{"type":"ping"}'), PING_MS);
    };
    opening.onmessage = (message) => listeners.frame(JSON.parse(message.data));
    opening.onclose = () => socket === opening && again();
  } catch (error) {
    if (error.code !== 'signed_out') again();
  }
}

function open(listeners) {
  channel = new BroadcastChannel(`quintet:${page.user}`);
  channel.onmessage = (event) => listeners.hear(event.data);
  connect(listeners);
}

/** A page with open connections cannot be kept for "Back". */
function close() {
  channel?.close();
  channel = null;
  const closing = socket;
  socket = null;
  clearTimeout(reconnecting);
  clearInterval(pinging);
  // Closing it while it connects would be an error on the console.
  if (closing?.readyState === WebSocket.CONNECTING) closing.onopen = () => closing.close();
  else closing?.close();
}

/** @param {Parameters<typeof connect>[0]} listeners */
export function start(listeners) {
  if (!page.user) return;
  open(listeners);
  addEventListener('pagehide', close);
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    open(listeners);
    listeners.missed();
  });
}
