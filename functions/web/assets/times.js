// Times in the reader's zone. The server knows it from a cookie; on the first page, and after a journey, it does not yet.

import { locale, remember } from './words.js';

const zone = `quintet_zone=${-new Date().getTimezoneOffset()}`;
const isKnown = document.cookie.split('; ').includes(zone);

// As the server writes them, so that nothing moves: `14:02` and `2026-11-28 14:02`.
const clock = new Intl.DateTimeFormat('sv-SE', { timeStyle: 'short' });
const date = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });

export function tellZone() {
  remember(zone);
}

/** @param {ParentNode} root */
export function localize(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const inTurn = time.closest('.turn');
    if (inTurn) time.title = whole.format(at);
    if (!isKnown) time.textContent = (inTurn ? clock : date).format(at);
  }
}
