// The conversation: turns, the blocks of an answer, and where the view is. Nothing here scrolls unless the reader asked for it.

import { element, fragment, icon, make } from './html.js';
import { localize } from './times.js';
import { word } from './words.js';

const turns = document.getElementById('turns');
const dock = /** @type {HTMLElement | null} */ (document.querySelector('.dock'));
const NEAR_END_PX = 8;
const QUESTION_PART = 0.4;
const LATEST = 'M10 4v11.5M5 10.7l5 5 5-5';

// ---- place ----

let following = false;
let lastY = scrollY;
let latest;

const bottom = () => document.documentElement.scrollHeight - innerHeight;

function scrollToY(top) {
  scrollTo({ top, behavior: 'instant' });
  lastY = scrollY;
}

/** "To the latest" shows while the end of the last answer is below the dock's edge. */
function showLatest() {
  const footer = turns.querySelector('.turn:last-child .answer > footer');
  latest.hidden = !footer || footer.getBoundingClientRect().bottom < dock.getBoundingClientRect().top + NEAR_END_PX;
}

function onScroll() {
  if (scrollY < lastY) following = false;
  else if (scrollY > lastY && scrollY >= bottom() - NEAR_END_PX) following = true;
  lastY = scrollY;
  showLatest();
}

function grown() {
  if (following) scrollToY(bottom());
  lastY = scrollY;   // the browser moves the view when the page becomes shorter or longer, which is not the reader
  showLatest();
}

/** The question goes to the top of the view; of a long one only its end, so that the answer has room. @param {Element} turn */
function toTop(turn) {
  following = false;
  const margin = parseFloat(getComputedStyle(turn).scrollMarginTop);
  const room = QUESTION_PART * (dock.getBoundingClientRect().top - margin);
  const [question, answer] = [turn, turn.querySelector('.answer')].map((part) => part.getBoundingClientRect().top);
  scrollToY(scrollY + Math.max(question, answer - room) - margin);
}

// ---- turns ----

/** Puts a turn where its number belongs; true if it is the last one. */
function place(turn) {
  const after = [...turns.querySelectorAll('.turn')].find((other) => Number(other.dataset.n) > Number(turn.dataset.n));
  turns.querySelector('.hello')?.remove();
  turns.insertBefore(turn, after ?? null);
  localize(turn);
}

/**
 * Shows a turn that was just sent, its question at the top of the view. The composer has its final height by then.
 * @param {{html: string, replaces?: number | null}} begun `replaces`: the failed turn of which this is another try
 */
export function add({ html, replaces }) {
  const turn = /** @type {HTMLElement} */ (element(html));
  for (const id of [turn.id, `m${replaces}`]) document.getElementById(id)?.remove();
  place(turn);
  toTop(turn);
  showLatest();
  return turn;
}

/**
 * Takes over what another window or a lost stream changed.
 * @param {DocumentFragment} pageNow the chat's page as it is now @param {(turn: HTMLElement) => boolean} streams
 * @returns {HTMLElement[]} turns that are being answered
 */
export function merge(pageNow, streams) {
  for (const turn of pageNow.querySelectorAll('#turns > .turn')) {
    const shown = document.getElementById(turn.id);
    if (!shown) place(turn);
    else if (!streams(shown) && shown.dataset.state !== turn.dataset.state) {
      localize(turn);
      shown.replaceWith(turn);
    }
  }
  showLatest();
  return pending();
}

export const pending = () => /** @type {HTMLElement[]} */ ([...(turns?.querySelectorAll('.turn[data-state="pending"]') ?? [])]);

/** @param {Element} turn */
export const question = (turn) => turn.querySelector('.bubble').textContent;

/** @param {Element} turn */
export const who = (turn) => turn.querySelector('.answer > header b')?.textContent ?? '';

/** How the answer ended, if not as it should. @param {Element} turn */
export function noteText(turn) {
  const note = turn.querySelector('.answer > .note')?.cloneNode(true);
  note?.querySelector('.row')?.remove();
  return note?.textContent.trim() ?? '';
}

export const lastTurn = () => [...(turns?.querySelectorAll('.turn') ?? [])].at(-1);

// ---- an answer ----

const text = (turn) => turn.querySelector('.text');

/** Changes a block into another with as little as possible, so that what the reader selected stays selected. */
function patch(old, now) {
  if (old.isEqualNode(now)) return;
  if (old.nodeType === Node.TEXT_NODE && now.nodeType === Node.TEXT_NODE) {
    if (now.data.startsWith(old.data)) old.appendData(now.data.slice(old.data.length));
    else old.data = now.data;
    return;
  }
  if (old.nodeName !== now.nodeName || !old.cloneNode().isEqualNode(now.cloneNode())) return old.replaceWith(now);
  const next = [...now.childNodes];
  while (old.childNodes.length > next.length) old.lastChild.remove();
  next.forEach((child, i) => (old.childNodes[i] ? patch(old.childNodes[i], child) : old.append(child)));
}

function setBlock(turn, i, html) {
  const old = text(turn).children[i];
  const now = element(html);
  const columns = old?.querySelector('colgroup');
  columns?.remove();
  if (!now) old?.remove();
  else if (old) patch(old, now);
  else text(turn).append(now);
  const table = text(turn).children[i]?.querySelector(':scope > table');
  if (table) table.prepend(columns ?? columnsOf(table));
}

/** The widths of a table's columns when it appears, so that later rows do not move them. */
function columnsOf(table) {
  const whole = table.offsetWidth;
  const fits = whole <= table.parentElement.clientWidth;
  return make('colgroup', {}, ...[...table.rows[0].cells].map(({ offsetWidth }) => {
    const column = make('col');
    column.width = fits ? `${(100 * offsetWidth) / whole}%` : String(offsetWidth);   // a style would be stopped where blocks are copied
    return column;
  }));
}

function trim(turn, count) {
  for (const block of [...text(turn).children].slice(count)) block.remove();
}

/** Replaces one part of the answer, adds or removes it; `undefined` leaves it. */
function setPart(turn, selector, html) {
  if (html === undefined || html === null) return;
  const answer = turn.querySelector('.answer');
  const old = answer.querySelector(`:scope > ${selector}`);
  const now = element(html);
  if (old && now) old.replaceWith(now);
  else if (now && selector === '.steps') text(turn).before(now);
  else if (now) answer.querySelector(':scope > footer').before(now);
  else old?.remove();
}

function setParts(turn, parts = {}) {
  for (const name of ['header', 'steps', 'sources', 'note', 'footer']) {
    setPart(turn, name === 'header' || name === 'footer' ? name : `.${name}`, parts[name]);
  }
  localize(turn);
}

function setState(turn, said) {
  const state = turn.querySelector('.answer > header .state');
  if (!state) return;
  state.dataset.rest ??= state.textContent;
  state.textContent = said ?? state.dataset.rest;
}

function end(turn, state, parts) {
  turn.dataset.state = state;
  turn.querySelector('.answer').removeAttribute('aria-busy');
  setParts(turn, parts);
}

/** What each event of a stream does to its turn. */
const APPLY = {
  reset(turn, data) {
    data.blocks.forEach((html, i) => setBlock(turn, i, html));
    trim(turn, data.blocks.length);
    setParts(turn, { steps: data.steps });
  },
  block: (turn, data) => setBlock(turn, data.i, data.html),
  text(turn, data) {
    const code = text(turn).children[data.i]?.querySelector('code');
    if (code?.lastChild?.nodeType === Node.TEXT_NODE) code.lastChild.appendData(data.text);
    else code?.append(data.text);
  },
  trim: (turn, data) => trim(turn, data.count),
  tool(turn, data) {
    setParts(turn, { steps: data.html });
    setState(turn, data.state === 'running' ? data.text : null);
  },
  done(turn, data) {
    for (const [i, html] of data.blocks) setBlock(turn, i, html);
    trim(turn, data.count);
    end(turn, data.status, data.html);
  },
  error: (turn, data) => end(turn, 'failed', data.html),
};

/** @param {HTMLElement} turn @param {string} type @param {any} data */
export function apply(turn, type, data) {
  lost(turn, false);
  APPLY[type]?.(turn, data);
  grown();
}

/** Says below the answer that the stream is lost, until it is taken up again. */
export function lost(turn, is) {
  const note = turn.querySelector('.note.lost');
  if (is && !note) turn.querySelector('.answer > footer').before(make('div', { className: 'note warn lost' }, make('div', {}, word('connection_lost'))));
  else if (!is) note?.remove();
}

// ---- reading ----

/** Puts older turns above; the view stays on what it showed. */
async function showEarlier(link) {
  link.setAttribute('aria-busy', 'true');
  const response = await fetch(link.href).catch(() => null);
  if (!response?.ok || response.redirected) return location.assign(link.href);
  const older = fragment(await response.text());
  const added = [...older.querySelectorAll('#turns > .turn')].filter((turn) => !document.getElementById(turn.id));
  const first = turns.querySelector('.turn');
  const before = first.getBoundingClientRect().top;
  for (const turn of added) localize(turn);
  first.before(...added);
  const next = older.querySelector('#turns > .earlier');
  if (next) link.replaceWith(next);
  else link.remove();
  scrollToY(scrollY + first.getBoundingClientRect().top - before);
  focusMessage(added[0]?.querySelector('article') ?? first.querySelector('article'), true);
}

/** @param {HTMLElement} message */
function focusMessage(message, preventScroll = false) {
  message.tabIndex = -1;
  message.focus({ preventScroll });
}

/** Alt and an arrow key: the next or the previous message. @param {1 | -1} step */
export function move(step) {
  const messages = /** @type {HTMLElement[]} */ ([...(turns?.querySelectorAll('article') ?? [])]);
  if (!messages.length) return false;
  const at = messages.findIndex((message) => message.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : messages.length - 1) : at + step;
  if (messages[next]) focusMessage(messages[next]);
  return true;
}

function toLatest() {
  scrollToY(bottom());
  following = pending().length > 0;
  latest.hidden = true;
  const field = document.getElementById('message');
  if (matchMedia('(pointer: coarse)').matches || !field) focusMessage([...turns.querySelectorAll('article')].at(-1), true);
  else field.focus({ preventScroll: true });
}

export function start() {
  if (!turns || !dock) return;
  latest = make('button', { type: 'button', className: 'button line small latest', hidden: true }, icon(LATEST), word('latest'));
  latest.addEventListener('click', toLatest);
  dock.prepend(latest);
  turns.addEventListener('click', (event) => {
    const link = event.target.closest('.earlier');
    if (!link) return;
    event.preventDefault();
    if (!link.ariaBusy) showEarlier(link);
  });
  const [visit] = performance.getEntriesByType('navigation');
  const last = turns.querySelector('.turn:last-child');
  if (last && !location.hash && !location.search && visit?.type === 'navigate') toTop(last);
  addEventListener('scroll', onScroll, { passive: true });
  addEventListener('resize', showLatest);
  showLatest();
}
