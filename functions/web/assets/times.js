// Times in the reader's zone. On turns they keep the width of the server's text, so that nothing moves.

import { locale, page } from './words.js';

const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });
const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const STEPS = /** @type {const} */ ([['second', 60], ['minute', 60], ['hour', 24], ['day', 7]]);

/** "3 hours ago" up to a week, then the date. */
function relative(time) {
  let distance = Math.min(0, (time - Date.now()) / 1000);
  for (const [unit, length] of STEPS) {
    if (distance > -length) return ago.format(Math.round(distance), unit);
    distance /= length;
  }
  return day.format(time);
}

/** Tells the server the reader's zone, in minutes east of UTC, so that the next page comes right. */
export function tellZone() {
  document.cookie = `quintet_zone=${-new Date().getTimezoneOffset()}; path=${page.root}/; max-age=31536000; samesite=lax`;
}

/** @param {ParentNode} root */
export function localize(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = whole.format(at);
    if (time.classList.contains('ago')) time.textContent = relative(at);
    else time.textContent = (time.closest('.turn') ? clock : day).format(at);
  }
}
