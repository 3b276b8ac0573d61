// The list of chats, the balance below it, and the drawer that both are on a phone.

import { element, make } from './html.js';
import { status } from './say.js';
import { page, remember, word } from './words.js';

const side = document.getElementById('side');

export const row = (chat) => side?.querySelector(`li[data-chat="${chat}"]`);
export const rowTitle = (chat) => row(chat)?.querySelector('a')?.textContent.trim() ?? document.getElementById('title')?.textContent.trim() ?? '';
export const newChatLink = () => side?.querySelector('.start a');

// ---- what others report ----

/** @param {string} chat @param {string} title */
export function retitle(chat, title) {
  const link = row(chat)?.querySelector('a');
  if (link) {
    link.textContent = title;
    row(chat).querySelector('.more')?.setAttribute('aria-label', word('more_for', { title }));
  }
  if (chat !== page.chat) return;
  const heading = document.getElementById('title');
  if (heading) heading.textContent = title;
  document.title = `${title} · ${document.title.split(' · ').at(-1)}`;
}

const PLAYING = `playing:${page.user}`;
/** No answer takes longer. */
const PLAYS_MS = 300_000;

/** The chats in which this browser left an answer that was being made, with the time. @returns {Record<string, number>} */
function playing() {
  try {
    const since = Object.entries(JSON.parse(localStorage.getItem(PLAYING) ?? '{}'));
    return Object.fromEntries(since.filter(([, at]) => Date.now() - at < PLAYS_MS));
  } catch {
    return {};
  }
}

/** @param {string} chat @param {boolean} plays */
export function setPlaying(chat, plays) {
  const { [chat]: _, ...others } = playing();
  try {
    localStorage.setItem(PLAYING, JSON.stringify(plays ? { ...others, [chat]: Date.now() } : others));
  } catch { /* storage is off: other pages do not show it */ }
  showPlaying(chat, plays);
}

function showPlaying(chat, plays) {
  const at = row(chat);
  if (!at || at.classList.contains('plays') === plays) return;
  at.classList.toggle('plays', plays);
  at.querySelector('.mark')?.remove();
  if (!plays) return;
  const mark = /** @type {Element} */ (side.querySelector('.top .mark').cloneNode(true));
  mark.setAttribute('class', 'mark plays');
  mark.removeAttribute('aria-hidden');
  mark.setAttribute('role', 'img');
  mark.setAttribute('aria-label', word('plays'));
  at.querySelector('a').after(mark);
}

/** The list of the chats of today, which is the first one. @param {Element} list */
function today(list) {
  const first = list.querySelector('h3');
  if (first?.textContent === word('today')) return first.nextElementSibling;
  const added = make('ul', { 'aria-labelledby': 'today' });
  list.querySelector('h2').after(make('h3', { id: 'today' }, word('today')), added);
  return added;
}

/** Shows a new chat, or one with a new message, above all others. @param {string} chat @param {string} [html] */
export function toTop(chat, html = '') {
  const list = side?.querySelector('.chats');
  const at = row(chat) ?? element(html);
  if (!list || !at || side.querySelector('.rename-field, [role="menu"]')) return;
  list.querySelector('.empty')?.remove();
  const focused = at.contains(document.activeElement) && document.activeElement;
  const group = today(list);
  if (group.firstElementChild === at) return;
  removed(chat);
  group.prepend(at);
  if (focused) focused.focus({ preventScroll: true });
  adopt(list);
}

/** The page of a new chat becomes the page of the chat that its first message began. @param {{chat: string, url: string, head_html?: string}} begun */
export function opened(begun) {
  page.chat = begun.chat;
  history.replaceState(null, '', begun.url);
  const head = element(begun.head_html ?? '');
  if (head) {
    document.querySelector('.head')?.replaceWith(head);
    adopt(head);
  }
}

/** @param {{left: number, text: string, about: string, max: number}} balance */
export function showBalance(balance) {
  page.left = balance.left;
  const box = side?.querySelector('.balance');
  if (!box) return;
  box.querySelector('b').textContent = balance.text;
  box.querySelector('span').textContent = balance.about;
  const meter = box.querySelector('meter');
  if (meter) Object.assign(meter, { max: balance.max, value: balance.left });
}

/** @param {string} chat */
export function removed(chat) {
  const at = row(chat);
  const group = at?.closest('ul');
  at?.remove();
  if (group && !group.children.length) {
    side.querySelector(`#${group.getAttribute('aria-labelledby')}`)?.remove();
    group.remove();
  }
}

/** Takes the list and the balance from a page as it is now, unless the list is in use. @param {DocumentFragment} now */
export function replace(now) {
  const [list, fresh] = [document, now].map((root) => root.querySelector('.chats'));
  if (!list || !fresh || side.querySelector('.rename-field, [role="menu"]')) return;
  const focused = document.activeElement;
  const at = list.contains(focused) ? { chat: focused.closest('li')?.dataset.chat, more: focused.matches('.more') } : null;
  list.replaceChildren(...fresh.childNodes);
  adopt(list);
  if (at) (row(at.chat)?.querySelector(at.more ? '.more' : 'a') ?? newChatLink())?.focus({ preventScroll: true });
  const balance = now.querySelector('.balance');
  if (balance) side.querySelector('.balance')?.replaceWith(balance);
  if (page.chat && row(page.chat)) retitle(page.chat, rowTitle(page.chat));
}

/** Marks the open chat; and what without scripts are links to a page are with them buttons that open a menu. */
function adopt(root) {
  for (const item of root?.querySelectorAll('li[data-chat]') ?? []) {
    const current = item.dataset.chat === page.chat;
    item.classList.toggle('now', current);
    if (current) item.querySelector('a').setAttribute('aria-current', 'page');
    else item.querySelector('a').removeAttribute('aria-current');
  }
  for (const chat of Object.keys(playing())) showPlaying(chat, true);
  for (const link of root?.querySelectorAll('a.more') ?? []) {
    link.setAttribute('role', 'button');
    link.setAttribute('aria-haspopup', 'menu');
  }
}

// ---- after the open chat was deleted ----

const LEFT = 'chat-deleted';

/** The open chat is gone: the page of a new one follows, with the focus on its link. */
export function leave() {
  try { sessionStorage.setItem(LEFT, '1'); } catch { /* storage is off: only the announcement is lost */ }
  location.assign(`${page.root}/`);
}

function arrive() {
  try {
    if (!sessionStorage.getItem(LEFT)) return false;
    sessionStorage.removeItem(LEFT);
  } catch {
    return false;
  }
  newChatLink()?.focus();
  status(word('chat_deleted'));
  return true;
}

// ---- the drawer and the search field ----

export function focusSearch() {
  const field = /** @type {HTMLInputElement | null} */ (side?.querySelector('.search input'));
  if (!field) return;
  if (WIDE.matches) hideSide(false);
  else if (!field.checkVisibility()) side.showPopover();
  field.focus();
  field.select();
}

const WIDE = matchMedia('(width >= 48rem)');

/** Hides the list on all pages, or brings it back. @param {boolean} off */
function hideSide(off) {
  const { dataset } = document.documentElement;
  if ((dataset.side === 'off') === off) return;
  if (off) dataset.side = 'off';
  else delete dataset.side;
  remember(`quintet_side=${off ? 'off' : ''}`);
}

/** On a wide screen the list is no drawer. @param {MouseEvent} event */
function onSide(event) {
  const opener = event.target.closest?.('[popovertarget="side"]');
  if (!opener || !WIDE.matches) return;
  event.preventDefault();
  const off = opener.matches('.hide');
  hideSide(off);
  (off ? document.querySelector('.head .menu') : newChatLink())?.focus();
}

function watchDrawer() {
  const main = document.querySelector('main');
  side.addEventListener('beforetoggle', (event) => { if (event.newState === 'closed') main.inert = false; });
  side.addEventListener('toggle', (event) => {
    main.inert = event.newState === 'open';
    if (main.inert && !side.contains(document.activeElement)) newChatLink()?.focus();
  });
  WIDE.addEventListener('change', () => side.matches(':popover-open') && side.hidePopover());
}

/** Closes the menu of the account, which without scripts closes only by its own button. @returns {boolean} whether it was open */
export function closeAccount(refocus = false) {
  const open = side?.querySelector('.me[open]');
  if (!open) return false;
  open.open = false;
  if (refocus) open.firstElementChild.focus();
  return true;
}

let menu;
const loadMenu = async () => { menu ??= await import('./menu.js'); };

function act(link, chat) {
  if (link.matches('.rename')) menu.rename(chat, link);
  else menu.open(chat, link);
}

const ACTING = 'a.more, a.rename';

/** @param {Event} event a click, or the space bar, which links do not heed */
function onAct(event) {
  const link = event.target.closest?.(ACTING);
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const chat = link.closest('li[data-chat]')?.dataset.chat ?? page.chat;
  if (!chat || (link.matches('.rename') && !document.getElementById('title'))) return;
  event.preventDefault();
  if (menu) act(link, chat);
  else loadMenu().then(() => act(link, chat), () => location.assign(link.href));
}

/** @returns {boolean} whether the focus has been placed */
export function start() {
  if (!side) return false;
  adopt(document);
  watchDrawer();
  document.addEventListener('click', onSide);
  document.addEventListener('click', onAct);
  document.addEventListener('click', (event) => { if (!event.target.closest?.('.me')) closeAccount(); });
  document.addEventListener('keydown', (event) => {
    if (event.key === ' ' && event.target.closest?.('a.more')) onAct(event);
  });
  for (const type of ['pointerover', 'focusin']) {
    document.addEventListener(type, (event) => { if (event.target.closest?.(ACTING)) loadMenu().catch(() => {}); });
  }
  return arrive();
}
