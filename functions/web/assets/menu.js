// The menu of a chat: renaming in place, copying, deleting. Loaded when it is first used; without it, its link leads to a page.

import { call, callJson } from './calls.js';
import { leave, newChatLink, removed, retitle, row, rowTitle } from './chats.js';
import { copyChat } from './copy.js';
import { icon, make } from './html.js';
import { tell } from './live.js';
import { status } from './say.js';
import { setDeleting } from './stream.js';
import { page, word } from './words.js';

const TITLE_LIMIT = 255;
const RENAME = 'm4 16 .8-3.4L13.4 4a1.9 1.9 0 0 1 2.6 2.6l-8.6 8.6z';
const COPY = 'M7 9a2 2 0 0 1 2-2h5.5a2 2 0 0 1 2 2v5.5a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2zM13 4.8A2 2 0 0 0 11.2 3.5H5.5a2 2 0 0 0-2 2v5.7A2 2 0 0 0 4.8 13';
const EXPORT = 'M10 3.5v9M6 9l4 4 4-4M3.5 16.5h13';
const DELETE = 'M4 5.5h12M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.5 5.5l.7 10a1.4 1.4 0 0 0 1.4 1.3h4.8a1.4 1.4 0 0 0 1.4-1.3l.7-10';

/** @param {string} chat @param {HTMLElement} opener */
export function open(chat, opener) {
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
    item('rename', () => rename(chat, opener), { shape: RENAME }),
    item('copy_markdown', () => copyChat(chat), { shape: COPY }),
    item('export', null, { shape: EXPORT, href: `${page.root}/chat/${chat}/export.md`, download: '' }),
    item('delete', () => askToDelete(chat, opener), { shape: DELETE, className: 'risky' }));
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
export function rename(chat, opener) {
  const inRow = opener.closest('li[data-chat]');
  const shown = inRow ? inRow.querySelector('a') : document.getElementById('title');
  if (!shown || shown.hidden) return;
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
  const rows = [...document.querySelectorAll('#side li[data-chat]')];
  const next = rows[rows.indexOf(at) + 1] ?? rows[rows.indexOf(at) - 1];
  setDeleting(chat === page.chat);
  try {
    await call(`/chat/session/${chat}/delete/`, { method: 'DELETE' });
  } catch (error) {
    setDeleting(false);
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
