// Asking, and following an answer until it is complete. A lost connection is taken up again; only Stop ends an answer.

import { call, Problem } from './calls.js';
import * as chats from './chats.js';
import { fragment } from './html.js';
import { tell } from './live.js';
import * as say from './say.js';
import * as thread from './thread.js';
import { page, word } from './words.js';

const BACK_OFF_S = [0, 1, 2, 5, 10];
const SILENCE_MS = 25_000;
/** After the first answer a chat gets its title. */
const TITLE_MS = 2_000;

/** Fires `change` when an answer begins or ends. */
export const changes = new EventTarget();
const changed = () => changes.dispatchEvent(new Event('change'));

/** Turns that are followed here, by number. @type {Map<string, HTMLElement>} */
const followed = new Map();
export const answering = () => followed.size > 0;

const ECHO_MS = 3_000;
let lastEnded = -ECHO_MS;
/** Whether news of the open chat can be of what this window does itself. */
export const busy = () => answering() || performance.now() - lastEnded < ECHO_MS;

/** @typedef {{id: string, type: string, data: any}} StreamEvent */

/** @param {string} lines @returns {StreamEvent | null} null for a comment */
function parse(lines) {
  const event = { id: '', type: 'message', data: '' };
  for (const line of lines.split('\n')) {
    const [, name, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
    if (name === 'id') event.id = value;
    else if (name === 'event') event.type = value;
    else if (name === 'data') event.data += value;
  }
  return event.data ? { ...event, data: JSON.parse(event.data) } : null;
}

/** The events of a response; ends when it does, or after too long a silence. @param {Response} response */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let silence = 0;
  let buffer = '';
  try {
    for (;;) {
      silence = setTimeout(() => reader.cancel().catch(() => {}), SILENCE_MS);
      const { done, value } = await reader.read();
      clearTimeout(silence);
      if (done) return;
      const whole = (buffer + value).replaceAll('\r\n', '\n').split('\n\n');
      buffer = whole.pop();
      for (const lines of whole) {
        const event = parse(lines);
        if (event) yield event;
      }
    }
  } finally {
    clearTimeout(silence);
    reader.cancel().catch(() => {});
  }
}

/** Waits, while the page is hidden as long as that lasts; returning to it or to the network ends the wait. */
function pause(seconds) {
  return new Promise((resolve) => {
    const waking = new AbortController();
    const wake = () => {
      if (document.visibilityState === 'hidden') return;
      clearTimeout(timer);
      waking.abort();
      resolve();
    };
    const timer = setTimeout(wake, seconds * 1000);
    document.addEventListener('visibilitychange', wake, waking);
    for (const type of ['online', 'pageshow']) addEventListener(type, wake, waking);
  });
}

async function resume(turn, lastId) {
  const response = await call(`/chat/${page.chat}/messages/${turn.dataset.n}/stream/`, {
    headers: { Accept: 'text/event-stream', ...(lastId && { 'Last-Event-ID': lastId }) },
  });
  if (response.status === 204) throw new Problem('over', '');
  return events(response);
}

function ended(turn, event) {
  const { data } = event;
  const noteText = thread.noteText(turn);
  if (event.type === 'error') say.fails(noteText || word('went_wrong'));
  else say.ends(turn.querySelector('.text'), data.words ?? 0, data.status === 'complete' ? '' : noteText);
  if (data.balance) chats.showBalance(data.balance);
  tell({ type: 'turn', chat: page.chat });
  // What was held for a failed turn is given back.
  if (event.type === 'error') sync();
  else if (turn.dataset.n === '1') setTimeout(sync, TITLE_MS);
}

/** @param {HTMLElement} turn @param {AsyncIterable<StreamEvent>} [stream] */
async function follow(turn, stream) {
  const { n } = turn.dataset;
  if (followed.has(n)) return;
  followed.set(n, turn);
  chats.setPlaying(page.chat, true);
  say.begins(thread.who(turn));
  changed();
  try {
    await followToEnd(turn, stream);
  } finally {
    followed.delete(n);
    lastEnded = performance.now();
    if (!answering()) chats.setPlaying(page.chat, false);
    changed();
  }
}

async function followToEnd(turn, stream) {
  let lastId = '';
  for (let tries = 0; ; tries++) {
    try {
      for await (const event of stream ?? (await resume(turn, lastId))) {
        lastId = event.id || lastId;
        if (event.type !== 'reset') tries = 0;
        thread.apply(turn, event.type, event.data);
        if (event.type === 'tool' && event.data.state === 'running') say.status(`${thread.who(turn)} ${event.data.text}`);
        if (event.type === 'done' || event.type === 'error') return ended(turn, event);
      }
    } catch (error) {
      if (error.code === 'signed_out') return;
      if (['over', 'not_found', 'conflict'].includes(error.code)) {
        await pause(1);
        followed.delete(turn.dataset.n);
        await sync();
        return;
      }
    }
    stream = undefined;
    if (tries > 0 && document.visibilityState === 'visible') {
      thread.lost(turn, true);
      if (tries === 1) say.status(word('connection_lost'));
    }
    await pause(BACK_OFF_S[Math.min(tries, BACK_OFF_S.length - 1)]);
  }
}

/**
 * Sends a message. Resolves when the turn is shown; its answer is followed from then on.
 * @param {string} address @param {FormData} data @param {() => void} accepted called before the turn is shown
 * @throws {Problem}
 */
export async function ask(address, data, accepted) {
  const response = await call(address, { method: 'POST', headers: { Accept: 'text/event-stream' }, body: data });
  const stream = events(response);
  const first = await stream.next().catch(() => ({ done: true }));
  if (first.done) throw new Problem('network', word('no_connection'));
  const { data: begun } = first.value;
  if (!page.chat) chats.opened(begun);
  chats.toTop(begun.chat, begun.row_html);
  if (begun.title) chats.retitle(begun.chat, begun.title);
  tell({ type: 'turn', chat: begun.chat });
  accepted();
  follow(thread.add(begun), stream);
}

/** Stops the answer that began last. */
export async function stop() {
  const [n] = [...followed.keys()].slice(-1);
  if (!n) return;
  try {
    await call(`/chat/${page.chat}/messages/${n}/stop/`, { method: 'POST' });
  } catch (error) {
    if (error.code === 'conflict') return;   // it has just ended
    say.status(error.message);
    throw error;
  }
}

/** Follows the answers that were being made when the page was loaded. */
export function attach() {
  const pending = thread.pending();
  if (page.chat && !pending.length) chats.setPlaying(page.chat, false);
  for (const turn of pending) follow(turn);
}

/** Whether this window deletes the open chat. Asking for it again would only be told that it is gone. */
let deleting = false;
/** @param {boolean} now */
export const setDeleting = (now) => { deleting = now; };

/** Takes over what happened elsewhere. Resolves to false when the chat is gone. */
export async function sync() {
  if (deleting) return true;
  try {
    const response = await call(page.chat ? `/chat/${page.chat}/` : '/', { headers: { Accept: 'text/html' } });
    const now = fragment(await response.text());
    chats.replace(now);
    if (page.chat) for (const turn of thread.merge(now, (shown) => followed.has(shown.dataset.n))) follow(turn);
    return true;
  } catch (error) {
    return error.code !== 'not_found';
  }
}
