// The composer: its field, keys, draft and button. What was written is only removed when its turn is shown.

import { call } from './calls.js';
import * as files from './files.js';
import { fragment, icon, make } from './html.js';
import { status } from './say.js';
import * as stream from './stream.js';
import * as thread from './thread.js';
import { number, page, word } from './words.js';

const MESSAGE_LIMIT = 32_000;
const COUNT_FROM = 0.9 * MESSAGE_LIMIT;
const LONG_PASTE = 8_000;
const DRAFT_MS = 300;
const STOP = 'M6.5 3.5h7a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-7a3 3 0 0 1-3-3v-7a3 3 0 0 1 3-3z';

const form = /** @type {HTMLFormElement | null} */ (document.querySelector('form.compose'));
const field = /** @type {HTMLTextAreaElement} */ (form?.querySelector('textarea'));
const button = /** @type {HTMLButtonElement} */ (form?.querySelector('.send'));
const assistants = () => /** @type {HTMLSelectElement | null} */ (form.querySelector('select[name="assistant"]'));
const models = () => /** @type {HTMLSelectElement | null} */ (form.querySelector('select[name="model"]'));
const touch = matchMedia('(pointer: coarse)');

let sending = false;
let stopping = false;
/** Why nothing can be sent, beside an empty field: spent, too many requests, chat deleted. */
let blocked = false;
let attempt = { key: '', content: '' };

// ---- drafts ----

const draftKey = () => `draft:${page.user}:${page.chat ?? 'new'}`;

let forgotten = false;

function saveDraft() {
  if (forgotten) return;
  const draft = { text: field.value, files: files.attached() };
  try {
    if (draft.text || draft.files.length) localStorage.setItem(draftKey(), JSON.stringify(draft));
    else localStorage.removeItem(draftKey());
  } catch { /* storage is full or off: the text is still in the field */ }
}

function restoreDraft() {
  try {
    const draft = JSON.parse(localStorage.getItem(draftKey()) ?? 'null');
    if (!draft) return;
    if (!field.value) field.value = draft.text;
    files.restore(draft.files);
  } catch { /* unreadable: as good as none */ }
}

/** Nothing that was written stays on the device after signing out. */
export function forget() {
  forgotten = true;
  try {
    localStorage.clear();
  } catch { /* storage is off */ }
}

// ---- what the composer shows ----

let count;
let notice;

/** @param {string} text @param {'warn' | 'danger'} [kind] */
function say(text, kind = 'warn') {
  notice?.remove();
  if (!text) return;
  notice = make('div', { className: `note ${kind}` }, make('div', {}, text));
  form.before(notice);
  status(text);
}

/** @param {string} text */
export function block(text) {
  blocked = true;
  say(text);
  show();
}

/** Characters over the limit; negative below it. Counted only where it can matter. */
function excess() {
  return field.value.length < COUNT_FROM ? -MESSAGE_LIMIT : [...field.value.trim()].length - MESSAGE_LIMIT;
}

function showCount(over) {
  count.hidden = field.value.length < COUNT_FROM;
  if (count.hidden) return;
  count.textContent = over > 0 ? word('too_long', { n: over }) : `${number(over + MESSAGE_LIMIT)} / ${number(MESSAGE_LIMIT)}`;
  if (over > 0 && !count.classList.contains('bad')) status(count.textContent);
  count.classList.toggle('bad', over > 0);
}

/** A button that is switched off loses the focus. On touch, the field would bring up the keyboard. */
function toField() {
  if (!touch.matches) field.focus({ preventScroll: true });
}

let sendContent;

function show() {
  const over = excess();
  showCount(over);
  const stops = stream.answering();
  if (!stops) stopping = false;
  if (stops !== button.classList.contains('stop')) {
    sendContent ??= [...button.childNodes];
    button.classList.toggle('stop', stops);
    button.replaceChildren(...(stops ? [icon(STOP), make('b', {}, word('stop'))] : sendContent));
    button.setAttribute('aria-label', word(stops ? 'stop_answering' : 'send'));
  }
  const off = stops ? stopping : sending || blocked || over > 0 || files.waiting() || !field.value.trim();
  if (off && document.activeElement === button) toField();
  button.disabled = off;
}

// ---- sending ----

/** The same content keeps its key, so that a second try is not a second message. */
function withKey(data) {
  const content = JSON.stringify([...data].filter(([name]) => name !== 'key' && name !== 'csrf'));
  if (attempt.content !== content) attempt = { key: crypto.getRandomValues(new Uint32Array(4)).join('-'), content };
  data.set('key', attempt.key);
  return data;
}

/** @param {string} address @param {FormData} data @param {() => void} accepted */
async function send(address, data, accepted) {
  if (sending || stream.answering()) return status(word('still_answering'));
  sending = true;
  say('');
  show();
  try {
    await stream.ask(address, withKey(data), accepted);
    attempt = { key: '', content: '' };
  } catch (error) {
    await failed(error, data, accepted);
  } finally {
    sending = false;
    show();
  }
}

async function failed(error, data, accepted) {
  if (error.code === 'signed_out') return saveDraft();
  say(error.message, error.code === 'insufficient_tokens' ? 'warn' : 'danger');
  if (error.code === 'insufficient_tokens') blocked = true;
  if (error.code === 'rate_limited') pauseFor(error.retryAfter);
  if (error.code === 'conflict') {
    await stream.sync();
    const last = thread.lastTurn();
    if (last?.dataset.state === 'pending' && thread.question(last) === data.get('message')?.trim()) accepted();
  }
}

function pauseFor(seconds) {
  blocked = true;
  setTimeout(() => {
    blocked = false;
    say('');
    show();
  }, seconds * 1000);
}

function sendComposed() {
  const data = new FormData(form);
  data.delete('files');
  const sent = field.value;
  const draft = draftKey();
  send(form.action, data, () => {
    if (field.value.startsWith(sent)) field.value = field.value.slice(sent.length);
    files.clear();
    dropOffer();
    try { localStorage.removeItem(draft); } catch { /* storage is off */ }
    saveDraft();
    settleIn();
  });
}

/** After the first message of a new chat, the form belongs to that chat. */
function settleIn() {
  form.action = `${page.root}/chat/${page.chat}/messages/`;
  const choice = assistants();
  choice?.replaceWith(make('span', { className: 'who', dir: 'auto' }, choice.value && choice.selectedOptions[0].textContent));
}

async function stop() {
  stopping = true;
  show();
  await stream.stop().catch(() => { stopping = false; });
  show();
}

/** Escape. @returns {boolean} whether there was something to stop */
export function stopByKey() {
  if (!form || !stream.answering() || stopping) return false;
  stop();
  return true;
}

// ---- writing ----

function fill(text) {
  field.value = text;
  field.focus({ preventScroll: true });
  field.setSelectionRange(text.length, text.length);
  edited();
}

let saving = 0;

function edited() {
  clearTimeout(saving);
  saving = setTimeout(saveDraft, DRAFT_MS);
  show();
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === 'Enter') {
    const asked = event.ctrlKey || event.metaKey;
    if (!asked && (event.shiftKey || event.altKey || page.enter === 'line' || touch.matches)) return;
    event.preventDefault();
    if (stream.answering()) status(word('still_answering'));
    else if (!button.disabled) form.requestSubmit();
  } else if (event.key === 'ArrowUp' && !field.value && !event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const last = thread.lastTurn();
    if (!last) return;
    event.preventDefault();
    fill(thread.question(last));
  }
}

let offer;

function dropOffer() {
  offer?.parentElement.remove();
  offer = undefined;
}

/** A long text stays in the field; becoming a file is only offered. */
function onPaste(event) {
  const text = event.clipboardData.getData('text/plain').replaceAll('\r\n', '\n');
  if (event.defaultPrevented || text.length <= LONG_PASTE || !form.querySelector('.with')) return;
  dropOffer();
  offer = make('button', { type: 'button', className: 'button line small offer' }, icon(files.FILE), word('add_pasted'));
  offer.addEventListener('click', () => {
    field.value = field.value.replace(text, () => '');
    files.attach([new File([text], word('pasted_name'), { type: 'text/plain' })]);
    dropOffer();
    toField();
    edited();
  });
  form.querySelector('.row').before(make('div', { className: 'offers' }, offer));
  status(word('add_pasted'));
}

/** "Try again" and "Ask again", which are forms. */
function onAgain(event) {
  if (!event.target.matches('form.again')) return;
  event.preventDefault();
  if (blocked) return status(notice?.textContent ?? '');
  const data = new FormData(event.target);
  if (models()) data.set('model', models().value);
  send(event.target.action, data, toField);
}

/** "Edit and send" puts a message back in the field, with its files. */
function onEdit(event) {
  const turn = event.target.closest?.('.edit')?.closest('.turn');
  if (!turn) return;
  event.preventDefault();
  fill(thread.question(turn));
  files.restore([...turn.querySelectorAll('.said a.chip')].map((chip) => ({ id: chip.pathname.split('/').at(-2), name: chip.textContent.trim() })));
}

/** Another assistant has other suggestions, and another usual model. */
async function onAssistant() {
  const chosen = assistants().value;
  let now;
  try {
    const response = await call(`/?assistant=${chosen}`, { headers: { Accept: 'text/html' } });
    now = fragment(await response.text());
  } catch {
    return;   // the choice counts even so
  }
  if (chosen !== assistants()?.value) return;
  field.placeholder = now.querySelector('#message').placeholder;
  document.querySelector('.hello ul').replaceWith(now.querySelector('.hello ul'));
  const choice = models();
  if (!choice) return;
  const { value } = choice;
  choice.replaceChildren(...now.querySelector('select[name="model"]').options);
  choice.value = value;
  if (choice.selectedIndex < 0) choice.selectedIndex = 0;   // it is the usual one of this assistant
}

function watchNetwork() {
  addEventListener('offline', () => say(word('offline')));
  addEventListener('online', () => { if (notice?.textContent === word('offline')) say(''); });
  if (!navigator.onLine) say(word('offline'));
}

/** @param {boolean} focusPlaced */
export function start(focusPlaced) {
  if (!form) return;
  form.noValidate = true;
  field.removeAttribute('maxlength');   // it would cut a long paste without a word
  count = make('p', { className: 'count', hidden: true });
  form.querySelector('.row').before(count);
  blocked = page.price > 0 && page.left < page.price;
  files.start(form, edited);
  restoreDraft();

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (stream.answering()) stop();
    else if (!button.disabled) sendComposed();
  });
  field.addEventListener('input', edited);
  field.addEventListener('keydown', onKey);
  field.addEventListener('paste', onPaste);
  addEventListener('pagehide', saveDraft);
  document.addEventListener('click', (event) => {
    const suggestion = event.target.closest?.('[data-fill]');
    if (suggestion) fill(suggestion.dataset.fill);
  });
  assistants()?.addEventListener('change', onAssistant);
  document.addEventListener('submit', onAgain);
  document.addEventListener('click', onEdit);
  stream.changes.addEventListener('change', show);
  watchNetwork();
  show();
  stream.attach();
  if (!focusPlaced && !location.hash && document.activeElement === document.body) toField();
}
