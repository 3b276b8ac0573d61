// The list of chats: its rows, their menu, renaming in place and deleting. Without scripts the same links lead to pages.

import { call, callJson } from './calls.js';
import { copyChat } from './copy.js';
import { element, icon, make } from './html.js';
import { tell } from './live.js';
import { status } from './say.js';
import { page, word } from './words.js';

const side = document.getElementById('side');
const TITLE_LIMIT = 255;

const row = (chat) => side?.querySelector(`li[data-chat="${chat}"]`);
const rowTitle = (chat) => row(chat)?.querySelector('a')?.textContent.trim() ?? document.getElementById('title')?.textContent.trim() ?? '';
const newChatLink = () => side?.querySelector('.start a');

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

/** @param {string} chat @param {boolean} plays */
export function setPlaying(chat, plays) {
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

/** @param {string} chat @param {string} html */
export function addRow(chat, html) {
  if (row(chat)) return;
  const list = side?.querySelector('.chats ul');
  const made = element(html);
  if (list && made) list.prepend(made);
  adopt(side);
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
  if (!list || !fresh || side.querySelector('.rename-field, .menu-list')) return;
  for (const item of fresh.querySelectorAll('li[data-chat]')) {
    const current = item.dataset.chat === page.chat;
    item.classList.toggle('now', current);
    if (current) item.querySelector('a').setAttribute('aria-current', 'page');
    else item.querySelector('a').removeAttribute('aria-current');
  }
  const focused = document.activeElement;
  const at = list.contains(focused) ? { chat: focused.closest('li')?.dataset.chat, more: focused.matches('.more') } : null;
  list.replaceChildren(...fresh.childNodes);
  adopt(list);
  if (at) (row(at.chat)?.querySelector(at.more ? '.more' : 'a') ?? newChatLink())?.focus({ preventScroll: true });
  const balance = now.querySelector('.balance');
  if (balance) side.querySelector('.balance')?.replaceWith(balance);
  if (page.chat && row(page.chat)) retitle(page.chat, rowTitle(page.chat));
}

/** Without scripts a link to a page, with them a button that opens a menu. */
function adopt(root) {
  for (const link of root?.querySelectorAll('a.more') ?? []) {
    link.setAttribute('role', 'button');
    link.setAttribute('aria-haspopup', 'menu');
  }
}

// ---- the menu ----

/** @param {HTMLElement} opener */
function openMenu(opener, chat) {
  const item = (key, act, properties = {}) => {
    const made = make(properties.href ? 'a' : 'button', { role: 'menuitem', tabIndex: -1, ...properties }, icon(properties.shape), word(key));
    if (!properties.href) made.type = 'button';
    made.addEventListener('click', () => {
      menu.hidePopover();
      act?.();
    });
    return made;
  };
  const menu = make('div', { role: 'menu', className: 'menu-list', popover: 'auto', 'aria-label': opener.getAttribute('aria-label') },
    item('rename', () => rename(chat, opener), { shape: 'rename' }),
    item('copy_markdown', () => copyChat(chat), { shape: 'copy' }),
    item('export', null, { shape: 'export', href: `${page.root}/chat/${chat}/export.md`, download: '' }),
    item('delete', () => askToDelete(chat, opener), { shape: 'delete', className: 'risky' }));
  opener.after(menu);
  menu.showPopover();
  opener.setAttribute('aria-expanded', 'true');
  const anchor = opener.getBoundingClientRect();
  menu.style.top = `${Math.max(8, Math.min(anchor.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
  menu.style.left = `${Math.max(8, Math.min(anchor.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
  menu.firstElementChild.focus({ preventScroll: true });
  const hide = () => menu.hidePopover();
  addEventListener('scroll', hide, { capture: true, once: true });
  menu.addEventListener('keydown', (event) => onMenuKey(event, menu));
  menu.addEventListener('toggle', (event) => {
    if (event.newState !== 'closed') return;
    removeEventListener('scroll', hide, { capture: true });
    opener.removeAttribute('aria-expanded');
    if (menu.contains(document.activeElement) || document.activeElement === document.body) opener.focus();
    menu.remove();
  });
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu */
function onMenuKey(event, menu) {
  const items = /** @type {HTMLElement[]} */ ([...menu.children]);
  const at = items.indexOf(document.activeElement);
  const { key } = event;
  const letter = key.length === 1 && key !== ' ' && !event.ctrlKey && !event.metaKey && !event.altKey;
  let next;
  if (key === 'ArrowDown') next = items[(at + 1) % items.length];
  else if (key === 'ArrowUp') next = items.at(at - 1);
  else if (key === 'Home') next = items[0];
  else if (key === 'End') next = items.at(-1);
  else if (letter) next = [...items.slice(at + 1), ...items].find((item) => item.textContent.trim().toLowerCase().startsWith(key.toLowerCase()));
  else if (key === 'Tab') menu.hidePopover();
  else if (key === ' ' && items[at]?.matches('a')) items[at].click();
  else return;
  if (key !== 'Tab') event.preventDefault();
  next?.focus();
}

// ---- renaming ----

/** Puts a field in the title's place: Enter and leaving save, Escape restores. @param {HTMLElement} opener gets the focus afterwards */
function rename(chat, opener) {
  const inRow = opener.closest('li[data-chat]');
  const shown = inRow ? inRow.querySelector('a') : document.getElementById('title');
  if (!shown) return;
  const old = shown.textContent.trim();
  const field = make('input', { className: 'rename-field', type: 'text', value: old, maxLength: TITLE_LIMIT, dir: 'auto', 'aria-label': word('new_title') });
  const hidden = [shown, ...(inRow ? [opener] : [])];
  for (const each of hidden) each.hidden = true;
  shown.after(field);
  field.focus();
  field.select();

  let closed = false;
  const close = (refocus) => {
    closed = true;
    for (const each of hidden) each.hidden = false;
    field.remove();
    if (refocus) opener.focus();
  };
  const save = async (refocus) => {
    const title = field.value.trim();
    if (!title) {
      field.setAttribute('aria-invalid', 'true');
      status(word('title_length'));
      if (!refocus) close(false);
      return;
    }
    close(refocus);
    if (title === old) return;
    retitle(chat, title);
    try {
      await callJson(`/chat/session/${chat}/rename/`, { title });
      tell({ type: 'renamed', chat, title });
    } catch (error) {
      retitle(chat, old);
      status(error.message);
    }
  };
  field.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter') save(true);
    else if (event.key === 'Escape') close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  field.addEventListener('blur', () => closed || save(false));
}

// ---- deleting ----

/** @param {HTMLElement} opener */
function askToDelete(chat, opener) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('ask-delete'));
  dialog.querySelector('h2').textContent = word('delete_title', { title: rowTitle(chat) });
  dialog.returnValue = '';
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'delete') remove(chat);
    else opener.focus();
  }, { once: true });
  dialog.showModal();
}

async function remove(chat) {
  const at = row(chat);
  const rows = [...side.querySelectorAll('li[data-chat]')];
  const next = rows[rows.indexOf(at) + 1] ?? rows[rows.indexOf(at) - 1];
  try {
    await call(`/chat/session/${chat}/delete/`, { method: 'DELETE' });
  } catch (error) {
    status(error.message);
    at?.querySelector('.more')?.focus();
    return;
  }
  tell({ type: 'deleted', chat });
  if (chat === page.chat) return leave();
  removed(chat);
  (next?.querySelector('a') ?? newChatLink())?.focus();
  status(word('chat_deleted'));
}

const LEFT = 'chat-deleted';

/** The open chat is gone: the page of a new one follows, with the focus on its link. */
function leave() {
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
  if (!field.checkVisibility()) side.showPopover();
  field.focus();
  field.select();
}

function watchDrawer() {
  const main = document.querySelector('main');
  side.addEventListener('beforetoggle', (event) => { if (event.newState === 'closed') main.inert = false; });
  side.addEventListener('toggle', (event) => {
    main.inert = event.newState === 'open';
    if (main.inert && !side.contains(document.activeElement)) newChatLink()?.focus();
  });
  matchMedia('(width >= 48rem)').addEventListener('change', () => side.matches(':popover-open') && side.hidePopover());
}

/** @returns {boolean} whether the focus has been placed */
export function start() {
  if (!side) return false;
  adopt(document);
  watchDrawer();
  const act = (event) => {
    const link = event.target.closest?.('a.more, a.rename');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const chat = link.closest('li[data-chat]')?.dataset.chat ?? page.chat;
    if (!chat || (link.matches('.rename') && !document.getElementById('title'))) return;
    event.preventDefault();
    if (link.matches('.rename')) rename(chat, link);
    else openMenu(link, chat);
  };
  document.addEventListener('click', act);
  document.addEventListener('keydown', (event) => {
    if (event.key === ' ' && event.target.closest?.('a.more')) act(event);
  });
  return arrive();
}
