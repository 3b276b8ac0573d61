// A browser for the tests: visitors with and without scripts, in any size, and what must never happen in a page.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after } from 'node:test';

export const url = process.env.PAGES_URL;
export const packaged = createRequire(`${process.env.PAGES_PACKAGES}/`);

export const PASSWORD = 'password123';
export const DESKTOP = { viewport: { width: 1280, height: 860 } };
export const PHONE = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
/** A window of 1280 by 1024 at 400 %. */
export const ZOOMED = { viewport: { width: 320, height: 256 } };
export const DUTCH = { ...DESKTOP, locale: 'nl-NL' };

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

const { chromium } = packaged('playwright-core');
let browser;
after(() => browser?.close());

let made = 0;
/** A name that no other test of this run uses. */
export const newName = (kind = 'user') => `${kind}.${process.pid}.${++made}`;

/** Runs in each page before its scripts: records what moves, and what a screen reader would be told. */
function record() {
  window.shifts = [];
  window.told = [];
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      if (shift.hadRecentInput) continue;
      window.shifts.push({ value: shift.value, of: shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? node?.nodeName) });
    }
  }).observe({ type: 'layout-shift', buffered: true });
  document.addEventListener('DOMContentLoaded', () => {
    for (const region of document.querySelectorAll('#status, #said')) {
      new MutationObserver(() => region.textContent && window.told.push(region.textContent)).observe(region, { childList: true });
    }
  });
}

/**
 * A page in a browser of its own. The test fails if a script fails, a dialog opens, something is loaded from elsewhere,
 * or the console has an error that is not in `expected`.
 * @param {import('node:test').TestContext} t
 */
export async function visitor(t, { expected = [], ...options } = {}) {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET });
  const context = await browser.newContext({ ...DESKTOP, baseURL: url, ...options });
  const bad = [];
  context.on('page', (page) => {
    page.on('pageerror', (error) => bad.push(`script: ${error.stack}`));
    page.on('dialog', (dialog) => { bad.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on('console', (message) => {
      const text = message.text();
      if (['error', 'warning'].includes(message.type()) && !expected.some((known) => text.includes(known))) bad.push(`console: ${text}`);
    });
  });
  context.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(`${url}/`) && !address.startsWith('blob:') && !address.startsWith('data:')) bad.push(`elsewhere: ${address}`);
  });
  await context.addInitScript(record);
  const page = await context.newPage();
  t.after(async () => {
    await context.close();
    assert.deepEqual(bad, []);
  });
  return page;
}

/** Asks the API of spec 003, which needs few words. */
export async function api(method, path, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.json();
}

export async function signIn(page, username) {
  await page.goto('/accounts/login/');
  await page.fill('[name="username"]', username);
  await page.fill('[name="password"]', PASSWORD);
  await page.click('main [type="submit"]');
  await page.waitForURL(`${url}/`);
}

/** The administrator of the check's server. */
export async function administrator(t, options = {}) {
  const page = await visitor(t, options);
  await signIn(page, 'admin@example.com');
  return page;
}

/** A new user, signed in on the page of a new chat. */
export async function member(t, options = {}) {
  const username = newName();
  await api('POST', '/api/v1/users/', { username, email: `${username}@example.com`, password: PASSWORD });
  const page = await visitor(t, options);
  await signIn(page, username);
  return { page, username };
}

/** A message that makes the built-in model say `text`. */
export function echo(text, directives = '') {
  return `/echo text=${JSON.stringify(text)} ${directives}`.trim();
}

/** Sends a message. Returns its turn, which is shown then. */
export async function send(page, message) {
  const before = await page.locator('.turn').count();
  await page.fill('#message', message);
  await page.click('.send');
  await page.waitForFunction((count) => document.querySelectorAll('.turn').length !== count, before);
  return page.locator('.turn').last();
}

export async function ended(turn, state = 'complete') {
  await turn.and(turn.page().locator(`[data-state="${state}"]`)).waitFor();
  return turn;
}

/** Sends a message and waits for the end of its answer. */
export const sendAndWait = async (page, message, state) => ended(await send(page, message), state);

export const text = (page, selector) => page.locator(selector).innerText();
export const focused = (page, what = 'id') => page.evaluate((name) => document.activeElement.getAttribute(name) ?? '', what);
export const picture = (page, name) => page.screenshot({ path: `${process.env.PAGES_PICTURES}/${name}.png` });

/** An answer with every kind of block, about 2 KB. */
export const ANSWER = `## Revenue

Revenue rose by **8.4%** to € 1,920 million. Services grew fastest, while most of the margin gain came from Hardware, where component prices fell in the second half.

| Segment | 2024 | 2025 |
|---|--:|--:|
| Services | 610 | 702 |
| Hardware | 1,012 | 1,051 |

Two things to keep in mind:

- The 2024 figures are restated: the Nordic activities moved from *Other* to *Services*.
- Without the one-off licence income the margin of Services would have been 16.9%.

\`\`\`python
def growth(now, before):
    """Growth in percent."""
    return (now - before) / before * 100
\`\`\`

> See the [annual report](https://example.com/report.pdf), page 14.

${'For your file it should print 15.1, 3.9 and 12.1. If Services shows another number, the file has other figures than the report. '.repeat(9)}
`;
