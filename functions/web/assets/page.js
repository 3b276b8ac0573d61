// Starts what the page needs and connects the parts.

import * as chats from './chats.js';
import * as copy from './copy.js';
import { make } from './html.js';
import * as live from './live.js';
import { status } from './say.js';
import * as send from './send.js';
import * as stream from './stream.js';
import * as thread from './thread.js';
import { localize, tellZone } from './times.js';
import { page, word } from './words.js';

const SYNC_MS = 300;
let syncing = 0;

/** Takes over changes made elsewhere: soon, once for several, and not while nobody looks. */
function sync() {
  clearTimeout(syncing);
  syncing = setTimeout(async () => {
    if (document.visibilityState === 'hidden') document.addEventListener('visibilitychange', sync, { once: true });
    else if (!(await stream.sync())) gone();
  }, SYNC_MS);
}

const gone = () => send.block(word('deleted_elsewhere'));

/** @param {live.News} news */
function hear(news) {
  if (news.type === 'renamed') chats.retitle(news.chat, news.title);
  else if (news.type === 'turn') sync();
  else if (news.chat === page.chat) gone();
  else chats.removed(news.chat);
}

/** A frame of the WebSocket, see the guide to live updates. */
function onFrame({ type, data }) {
  if (type === 'system_notification') return notify(data.message);
  if (type !== 'conversation_update') return;
  if (data.conversation_id === page.chat && stream.busy()) return;
  const ended = data.event === 'message.failed' || (data.event === 'message.received' && data.message?.role !== 'user');
  if (data.event === 'message.delta' || ended) chats.setPlaying(data.conversation_id, !ended);
  if (data.event !== 'message.delta') sync();
}

function notify(text) {
  document.querySelector('main > .head')?.after(make('div', { className: 'note warn notice' }, make('div', {}, text)));
  status(text);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
  const inField = event.target.matches?.('input, textarea, select');
  let done = true;
  if (command && event.key.toLowerCase() === 'k') chats.focusSearch();
  else if (command && event.key === '/') document.getElementById('shortcuts')?.showModal();
  else if (event.altKey && !inField && event.key === 'ArrowDown') done = thread.move(1);
  else if (event.altKey && !inField && event.key === 'ArrowUp') done = thread.move(-1);
  else if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented && !document.querySelector('dialog[open], :popover-open')) done = chats.closeAccount(true) || send.stopByKey();
  else done = false;
  if (done) event.preventDefault();
}

document.addEventListener('keydown', onKey);
document.addEventListener('click', (event) => {
  if (event.target.closest?.('a[href$="/accounts/logout/"]')) send.forget();
});
document.addEventListener('submit', (event) => {
  // A form may have a field called `action`, which hides the property.
  if (event.target.getAttribute('action')?.endsWith('/accounts/logout/')) send.forget();
});

tellZone();
localize(document);
copy.start();
thread.start();
send.start(chats.start());
live.start({ hear, frame: onFrame, missed: sync });
