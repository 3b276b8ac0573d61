// Files that go with a message: chosen, dropped or pasted; uploaded at once, and attached when they are ready.

import { call, callJson, problem } from './calls.js';
import { icon, make } from './html.js';
import { status } from './say.js';
import { page, word } from './words.js';

const POLL_S = [1, 2, 4, 8];

/** @type {HTMLElement | null} */
let chips = null;
let changed = () => {};

/** Whether a chip is still on its way, or failed and not yet removed. */
export const waiting = () => [...(chips?.children ?? [])].some((chip) => !chip.querySelector('[name="file"]'));

/** @returns {{id: string, name: string}[]} */
export const attached = () => [...(chips?.querySelectorAll('[name="file"]') ?? [])]
  .map((field) => ({ id: field.value, name: field.parentElement.querySelector('span').textContent }));

export function clear() {
  chips?.replaceChildren();
}

function addChip(name) {
  const state = make('small');
  const chip = make('span', { className: 'chip', 'data-file': '' }, icon('file'), make('span', { dir: 'auto' }, name), state,
    make('button', { className: 'icon', type: 'button', 'aria-label': word('remove', { name }) }, icon('remove')));
  chips.append(chip);
  changed();
  const say = (text, { bad = false, aloud = true } = {}) => {
    state.textContent = text;
    chip.classList.toggle('bad', bad);
    if (aloud && chip.isConnected) status(`${name}: ${text}`);
    changed();
  };
  return { chip, say };
}

/** Follows a stored file until it can be used. */
async function settle({ chip, say }, file) {
  for (let tries = 0; file.status === 'processing'; tries++) {
    say(word('being_read'), { aloud: tries === 0 });
    await new Promise((resolve) => setTimeout(resolve, POLL_S[Math.min(tries, POLL_S.length - 1)] * 1000));
    if (!chip.isConnected) return;
    file = await (await call(`/files/${file.id}/`)).json();
  }
  if (file.status === 'failed') return say(file.status_text || word('file_failed'), { bad: true });
  chip.append(make('input', { type: 'hidden', name: 'file', value: file.id }));
  say(word('ready'));
}

/** `fetch` does not report how much of a body was sent. */
function upload(method, address, body, headers, { chip, say }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => say(`${Math.floor((100 * event.loaded) / event.total)}%`, { aloud: false });
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText || '{}'); } catch { /* storage answers in XML */ }
      if (request.status < 300) resolve(said);
      else reject(problem(request.status, said));
    };
    request.onerror = () => reject(new Error(word('no_connection')));
    request.send(body);
    chip.addEventListener('removed', () => request.abort());
  });
}

async function store(file, at) {
  if (!page.file_limit || file.size <= page.file_limit) {
    const form = new FormData();
    form.append('file', file);
    return upload('POST', `${page.root}/files/`, form, { Accept: 'application/json', 'X-CSRF-Token': page.csrf }, at);
  }
  const place = await callJson('/files/uploads/', { filename: file.name, size: file.size, content_type: file.type });
  await upload('PUT', place.upload_url, file, place.headers ?? {}, at);
  return callJson(`/files/${place.id}/complete/`, {});
}

/** @param {Iterable<File>} files */
export function attach(files) {
  for (const file of files) {
    const at = addChip(file.name);
    if (!file.size) {
      at.say(word('empty_file'), { bad: true });
      continue;
    }
    at.say('0%', { aloud: false });
    store(file, at).then((stored) => settle(at, stored)).catch((error) => at.say(error.message || word('went_wrong'), { bad: true }));
  }
}

/** Attaches files that are stored already. @param {{id: string, name: string}[]} files */
export function restore(files) {
  const there = new Set(attached().map((file) => file.id));
  for (const { id, name } of files.filter((file) => !there.has(file.id))) {
    const { chip, say } = addChip(name);
    chip.append(make('input', { type: 'hidden', name: 'file', value: id }));
    say('', { aloud: false });
  }
}

function remove(chip) {
  const next = chip.nextElementSibling ?? chip.previousElementSibling;
  chip.dispatchEvent(new Event('removed'));
  chip.remove();
  (next?.querySelector('button') ?? document.getElementById('message'))?.focus();
  changed();
}

/** @param {HTMLFormElement} form @param {() => void} onChange */
export function start(form, onChange) {
  chips = form.querySelector('.with');
  const chooser = form.querySelector('input[type="file"]');
  if (!chips || !chooser) return;
  changed = onChange;
  chips.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) remove(button.closest('.chip'));
  });
  chooser.addEventListener('change', () => {
    attach(chooser.files);
    chooser.value = '';
  });
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    form.classList.add('drop');
  });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) form.classList.remove('drop'); });
  document.addEventListener('drop', (event) => {
    form.classList.remove('drop');
    if (!carriesFiles(event)) return;
    event.preventDefault();
    attach(event.dataTransfer.files);
  });
  form.addEventListener('paste', (event) => {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes('text/plain')) return;   // office programs add a picture of the text
    event.preventDefault();
    attach(files);
  });
}
