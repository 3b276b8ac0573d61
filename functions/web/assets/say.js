// What a screen reader is told. The thread is no live region: an answer that grows would be read in pieces, or twice.

import { page, word } from './words.js';

const STILL_ANSWERING_MS = 10_000;
const READ_WHOLE_BELOW = 500;

/** Empties the region first, so that the same sentence is told again. */
function tell(id, text) {
  const region = document.getElementById(id);
  if (!region) return;
  region.textContent = '';
  if (text) setTimeout(() => { region.textContent = text; }, 50);
}

/** @param {string} text */
export const status = (text) => tell('status', text);

let timer = 0;

/** @param {string} who */
export function begins(who) {
  status(word('answering', { who }));
  clearInterval(timer);
  timer = setInterval(() => status(word('still_answering')), STILL_ANSWERING_MS);
}

/** What is read of a block: not the buttons in it. */
function read(block) {
  const copy = block.cloneNode(true);
  for (const button of copy.querySelectorAll('button')) button.remove();
  return copy.textContent.replace(/\s+/g, ' ').trim();
}

/** @param {Element} text the answer's blocks @param {number} words @param {string} [note] how it ended, if not as it should */
export function ends(text, words, note = '') {
  clearInterval(timer);
  const complete = note || word('answer_complete', { n: words });
  const blocks = [...text.children].map(read);
  const whole = blocks.join('\n');
  if (page.say === 'ready' || !whole) return status(complete);
  status('');
  if (page.say === 'all' || whole.length < READ_WHOLE_BELOW) tell('said', note ? `${whole}\n${note}` : whole);
  else tell('said', `${blocks[0]}\n${complete}`);
}

/** @param {string} text */
export function fails(text) {
  clearInterval(timer);
  status(text);
}
