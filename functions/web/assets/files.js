// Files that go with a message: chosen, dropped or pasted, each a chip that is removable at any time.

import { icon, make } from './html.js';
import { status } from './say.js';
import { word } from './words.js';

export const FILE = 'M11.5 2.5h-6a1.5 1.5 0 0 0-1.5 1.5v12a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 16 16V7zM11.5 2.5V7H16';
const REMOVE = 'm5.5 5.5 9 9M14.5 5.5l-9 9';

/** An attached file is a field with its id in the name. */
const PREFIX = 'file.';
const ATTACHED = `[name^="${PREFIX}"]`;

/** @type {HTMLElement | null} */
let chips = null;
let changed = () => {};

/** Whether a chip is still on its way, or failed and not yet removed. */
export const waiting = () => [...(chips?.children ?? [])].some((chip) => !chip.querySelector(ATTACHED));

/** @returns {{id: string, name: string}[]} */
export const attached = () => [...(chips?.querySelectorAll(ATTACHED) ?? [])]
  .map((field) => ({ id: field.name.slice(PREFIX.length), name: field.parentElement.querySelector('span').textContent }));

export function clear() {
  chips?.replaceChildren();
}

function addChip(name) {
  const state = make('small');
  const chip = make('span', { className: 'chip', 'data-file': '' }, icon(FILE), make('span', { dir: 'auto' }, name), state,
    make('button', { className: 'icon', type: 'button', 'aria-label': word('remove', { name }) }, icon(REMOVE)));
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

/** @param {Iterable<File>} files */
export function attach(files) {
  for (const file of files) {
    const at = addChip(file.name);
    if (!file.size) {
      at.say(word('empty_file'), { bad: true });
      continue;
    }
    at.say('0%', { aloud: false });
    import('./upload.js').then(({ upload }) => upload(file, at)).then((id) => id && use(at, id)).catch((error) => at.say(error.message || word('went_wrong'), { bad: true }));
  }
}

/** The chip's file goes with the message. */
function use({ chip, say }, id, text = word('ready')) {
  chip.append(make('input', { type: 'hidden', name: `${PREFIX}${id}`, value: 'on' }));
  say(text, { aloud: Boolean(text) });
}

/** Attaches files that are stored already. @param {{id: string, name: string}[]} files */
export function restore(files) {
  const there = new Set(attached().map((file) => file.id));
  for (const { id, name } of files.filter((file) => !there.has(file.id))) {
    use(addChip(name), id, '');
  }
}

function remove(chip) {
  const next = chip.nextElementSibling ?? chip.previousElementSibling;
  chip.dispatchEvent(new Event('removed'));
  chip.remove();
  (next?.querySelector('button') ?? document.getElementById('message'))?.focus({ preventScroll: true });
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
