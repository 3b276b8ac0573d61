// Copying: Markdown as text, and the formatted answer as the second type, which word processors take.

import { page, word } from './words.js';
import { status } from './say.js';

const TOAST_MS = 2_000;
let hiding = 0;

function toast(text) {
  status(text);
  const box = document.getElementById('toast');
  if (!box) return;
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, TOAST_MS);
}

/** Without `navigator.clipboard`, as on `http://` outside this machine. */
function copyByEvent(text, rich) {
  let taken = false;
  const fill = (event) => {
    event.clipboardData.setData('text/plain', text);
    if (rich) event.clipboardData.setData('text/html', rich);
    event.preventDefault();
    taken = true;
  };
  document.addEventListener('copy', fill);
  try {
    return document.execCommand('copy') && taken;
  } finally {
    document.removeEventListener('copy', fill);
  }
}

/** @param {Promise<string>} coming the text; a promise, because Safari wants the write to begin within the click */
async function copy(coming, rich = '') {
  try {
    if (navigator.clipboard?.write) {
      const typed = (type, content) => ({ [type]: content.then((data) => new Blob([data], { type })) });
      await navigator.clipboard.write([new ClipboardItem({ ...typed('text/plain', coming), ...(rich && typed('text/html', Promise.resolve(rich))) })]);
    } else if (!copyByEvent(await coming, rich)) {
      throw new Error('the browser refused');
    }
    toast(word('copied'));
  } catch {
    toast(word('copy_failed'));
  }
}

async function read(path) {
  const response = await fetch(`${page.root}${path}`, { headers: { Accept: 'text/markdown' } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}

function richText(answer) {
  const text = answer.querySelector('.text').cloneNode(true);
  for (const control of text.querySelectorAll('button, figcaption')) control.remove();
  return text.innerHTML;
}

/** @param {string} chat */
export const copyChat = (chat) => copy(read(`/chat/${chat}/export.md`));

export function start() {
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('.copy, .copy-code, .copy-chat');
    if (!button) return;
    event.preventDefault();
    if (button.matches('.copy-chat')) copyChat(page.chat);
    else if (button.matches('.copy-code')) copy(Promise.resolve(button.closest('.block').querySelector('code').textContent));
    else copy(read(`/chat/${page.chat}/messages/${button.closest('.turn').dataset.n}/answer.md`), richText(button.closest('.answer')));
  });
}
