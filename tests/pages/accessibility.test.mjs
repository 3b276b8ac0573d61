// Every page and state by axe-core, every page's HTML by html-validate, and the colours by computation.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ANSWER, DUTCH, PHONE, administrator, echo, ended, member, packaged, picture, send, sendAndWait, visitor } from './browser.mjs';

const AXE = readFileSync(packaged.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SIGNED_IN = ['/', '/search/', '/search/?q=no+such+title', '/assistants/', '/assistants/new/', '/files/', '/account/', '/account/password/', '/account/sessions/', '/account/keys/', '/account/webhooks/'];
const ADMIN = ['/admin/', '/admin/users/', '/admin/notice/', '/admin/health/'];
const SIGNED_OUT = ['/accounts/login/', '/accounts/register/', '/no-such-page/'];

/** Forms that make something, and what to write there. */
const FORMS = {
  '/account/keys/': (page) => page.fill('[name="name"]', `Key ${Date.now()}`),
  '/account/webhooks/': (page) => page.fill('[name="url"]', 'http://127.0.0.1:9/hook'),
  '/assistants/new/': (page) => page.fill('[name="name"]', `Assistant ${Date.now()}`),
  '/files/': (page) => page.setInputFiles('[name="files"]', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('The launch is on 3 May.') }),
  '/account/': (page) => page.fill('[name="email"]', 'not an address'),
};

/** At the end of the page, where the dock covers nothing. */
async function violations(page) {
  await page.evaluate(() => scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' }));
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  return page.evaluate(async (rules) => {
    // While the drawer is open on a phone, the rest is inert: then these two would ask for it.
    const drawer = document.querySelector('main').inert ? { 'landmark-one-main': { enabled: false }, 'page-has-heading-one': { enabled: false } } : {};
    const { violations } = await window.axe.run(document, { runOnly: rules, rules: drawer });
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 4).map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`) }));
  }, RULES);
}

async function check(page, state) {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && innerWidth <= screen.width), `${state} is wider than the window`);
  assert.deepEqual(await violations(page), [], state);
}

for (const [profile, options] of Object.entries({ light: {}, dark: { colorScheme: 'dark' }, phone: PHONE, dutch: DUTCH })) {
  test(`no page breaks a rule of accessibility: ${profile}`, async (t) => {
    const { page } = await member(t, { ...options, bypassCSP: true, expected: ['404'] });
    await sendAndWait(page, echo(ANSWER));
    const chat = new URL(page.url()).pathname;
    for (const path of [...SIGNED_IN, chat, `${chat}manage/`]) {
      assert.equal((await page.goto(path)).status(), 200, path);
      await check(page, path);
      await picture(page, `page-${profile}${path.replace(chat, '-chat-').replaceAll(/[/?=+]+/g, '-')}`);
    }
    await page.context().clearCookies();
    for (const path of SIGNED_OUT) {
      await page.goto(path);
      await check(page, path);
    }
  });

  test(`no page of administrators, and none after a form, breaks a rule of accessibility: ${profile}`, async (t) => {
    const page = await administrator(t, { ...options, bypassCSP: true, expected: ['422'] });
    for (const path of ADMIN) {
      assert.equal((await page.goto(path)).status(), 200, path);
      await check(page, path);
      await picture(page, `page-${profile}${path.replaceAll('/', '-')}`);
    }
    await page.goto('/admin/users/');
    await page.click('tbody a');
    await check(page, 'a user');
    for (const [path, fill] of Object.entries(FORMS)) {
      await page.goto(path);
      await fill(page);
      await page.click('main form:last-of-type .button:not(.risky) >> nth=-1');
      await check(page, `after the form of ${path}`);
      await picture(page, `page-${profile}${path.replaceAll('/', '-')}made`);
    }
  });

  test(`no state of the chat breaks a rule of accessibility: ${profile}`, async (t) => {
    const { page } = await member(t, { ...options, bypassCSP: true, expected: ['422', '413', '415', '400'] });
    await page.fill('#message', 'Draft');
    await page.setInputFiles('.attach input', [
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('The launch is on 3 May.') },
      { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
    ]);
    await page.locator('.chip.bad', { hasText: 'empty.txt' }).waitFor();
    await check(page, 'files');
    await page.locator('.chip', { hasText: 'empty.txt' }).locator('button').click();
    await page.locator('.chip [name^="file."]').waitFor({ state: 'attached' });
    const turn = await send(page, echo(ANSWER, 'pieces=30 delay=100ms'));
    await turn.locator('.text p').first().waitFor();
    await check(page, 'answering');
    await ended(turn);
    await check(page, 'answered');
    await sendAndWait(page, '/echo fail=error', 'failed');
    await check(page, 'failed');
    const stopped = await send(page, echo('Slow. '.repeat(40), 'pieces=40 delay=100ms'));
    await stopped.locator('.text p').waitFor();
    await page.click('.send.stop');
    await ended(stopped, 'cancelled');
    await check(page, 'stopped');
    await sendAndWait(page, echo('To be', 'end=length'), 'cut');
    await check(page, 'cut off');
    await page.click('.head .more');
    await page.locator('[role="menu"]').waitFor();
    await check(page, 'menu');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await check(page, 'deleting');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+/');
    await check(page, 'shortcuts');
    await page.keyboard.press('Escape');
    if (await page.locator('.head .menu').isVisible()) await page.click('.head .menu');
    await page.click('.chats .more');
    await page.click('[role="menuitem"]:first-child');
    await check(page, 'renaming');
  });
}

test('the structure of a chat, as assistive technology has it', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, echo('# Deep\n\n##### Deeper\n\nText'));
  await page.reload();
  assert.match(await page.locator('nav#side').ariaSnapshot(), /^- navigation "Chats":[^]*heading "Your chats" \[level=2\][^]*heading "Today" \[level=3\]\n\s+- list "Today":\n\s+- listitem:/);
  const main = (await page.locator('main').ariaSnapshot()).replaceAll(/\d\d:\d\d/g, '14:02');
  for (const part of [
    /^- main:/, /heading ".+" \[level=1\]/, /- region "Conversation":\n\s+- heading "Conversation" \[level=2\]/,
    /- article "You, 14:02":\n\s+- heading "You, 14:02" \[level=3\]/, /- article "Assistant, 14:02":\n\s+- heading "Assistant, 14:02" \[level=3\]/,
    /heading "Deep" \[level=4\]/, /heading "Deeper" \[level=5\]/, /- button "Copy"/, /- button "Ask again"/, /- textbox "Message"/, /- button "Attach files"/, /- button "Send" \[disabled\]/,
  ]) assert.match(main, part);
});

test('the HTML of every page is valid, in both languages', async (t) => {
  const { HtmlValidate } = packaged('html-validate');
  const validator = new HtmlValidate({
    extends: ['html-validate:recommended'],
    rules: {
      // Style, not validity: the templates write what is shortest.
      'void-style': 'off', 'no-trailing-whitespace': 'off', 'attribute-boolean-style': 'off', 'attribute-empty-style': 'off', 'long-title': 'off', 'doctype-style': 'off',
      'aria-label-misuse': ['error', { allowAnyNamable: true }],
    },
  });
  for (const options of [{}, DUTCH]) {
    const { page } = await member(t, { ...options, javaScriptEnabled: false });
    await page.fill('#message', echo(ANSWER));
    await page.click('.send');
    await page.locator('#m1').waitFor();
    const chat = new URL(page.url()).pathname;
    const problems = [];
    const validate = async (path, request) => {
      const response = await request.get(path);
      const report = await validator.validateString(await response.text());
      for (const { messages } of report.results) {
        for (const { ruleId, message, line, column } of messages) problems.push(`${path}:${line}:${column} ${ruleId}: ${message}`);
      }
    };
    for (const path of [...SIGNED_IN, chat, `${chat}manage/`]) await validate(path, page.context().request);
    const out = await visitor(t, options);
    for (const path of SIGNED_OUT) await validate(path, out.context().request);
    assert.deepEqual(problems, []);
  }
});

test('text and controls have the contrast that they need', async (t) => {
  const page = await visitor(t);
  const NEEDED = { ink: 7, soft: 4.5, accent: 4.5, danger: 4.5, warn: 4.5, ok: 4.5, edge: 3, 'c-key': 4.5, 'c-text': 4.5, 'c-num': 4.5, 'c-note': 4.5, 'c-name': 4.5, 'c-type': 4.5 };
  const BEHIND = { ink: ['page', 'side', 'say', 'raised'], soft: ['page', 'side', 'tint', 'sunk'], accent: ['page', 'side', 'tint'], danger: ['page', 'danger-tint', 'raised'], warn: ['page', 'warn-tint'], ok: ['page'], edge: ['page', 'side', 'raised'] };
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.goto('/accounts/login/');
    const found = await page.evaluate(([needed, behind]) => {
      const probe = document.body.appendChild(document.createElement('p'));
      const luminance = (token) => {
        probe.style.color = `var(--${token})`;
        const channels = getComputedStyle(probe).color.match(/[\d.]+/g).map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
      };
      const low = [];
      for (const [token, ratio] of Object.entries(needed)) {
        for (const under of behind[token] ?? ['code']) {
          const [light, dark] = [luminance(token), luminance(under)].sort((a, b) => b - a);
          const contrast = (light + 0.05) / (dark + 0.05);
          if (contrast < ratio) low.push(`${token} on ${under}: ${contrast.toFixed(2)}`);
        }
      }
      return low;
    }, [NEEDED, BEHIND]);
    assert.deepEqual(found, [], colorScheme);
  }
});

test('targets for fingers are 44 pixels', async (t) => {
  const { page } = await member(t, PHONE);
  await sendAndWait(page, echo(ANSWER));
  await page.click('.head .menu');
  const small = await page.evaluate(() => [...document.querySelectorAll('button, a, select, summary, .attach')]
    .filter((target) => target.checkVisibility() && !target.matches('.text p a, .text li a, blockquote a, .unseen, .unseen *'))
    .map((target) => ({ target: target.outerHTML.slice(0, 80), height: target.getBoundingClientRect().height }))
    .filter(({ height }) => height > 0 && height < 43.5));
  assert.deepEqual(small, []);
});

