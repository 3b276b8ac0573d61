// What a new user does on the first day, with every kind of device and preference.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANSWER, DESKTOP, DUTCH, PASSWORD, PHONE, echo, ended, focused, newName, picture, send, sendAndWait, text, url, visitor } from './browser.mjs';

const PROFILES = {
  desktop: {},
  phone: PHONE,
  dutch: DUTCH,
  dark: { colorScheme: 'dark' },
  'reduced motion': { reducedMotion: 'reduce' },
  'forced colors': { forcedColors: 'active' },
};

async function register(page, username) {
  await page.goto('/');
  assert.equal(new URL(page.url()).pathname, '/accounts/login/');
  await page.click('a[href$="/accounts/register/"]');
  for (const [name, value] of [['username', username], ['password', PASSWORD], ['confirm_password', PASSWORD]]) {
    await page.fill(`[name="${name}"]`, value);
  }
  await page.click('main [type="submit"]');
  await page.waitForURL(`${url}/`);
}

/** On a phone the list is a drawer. */
async function openList(page) {
  const opener = page.locator('.head .menu');
  if ((await opener.isVisible()) && !(await page.locator('#side').isVisible())) await opener.click();
}

for (const [profile, options] of Object.entries(PROFILES)) {
  test(`the first day: ${profile}`, async (t) => {
    const page = await visitor(t, options);
    const username = newName('eva');
    const dutch = options === DUTCH;
    await register(page, username);
    assert.equal(await page.getAttribute('html', 'lang'), dutch ? 'nl' : 'en');
    assert.ok((await text(page, '.hello')).includes(dutch ? `Waar zullen we mee beginnen, ${username}?` : `What shall we start with, ${username}?`));
    await picture(page, `journey-${profile}-new`);

    const suggestion = page.locator('[data-fill]').first();
    await suggestion.click();
    assert.ok((await page.inputValue('#message')).includes(await suggestion.locator('b').innerText()));
    const first = await send(page, echo(ANSWER, 'pieces=20 delay=50ms'));
    await picture(page, `journey-${profile}-answering`);
    await ended(first);
    assert.match(new URL(page.url()).pathname, /^\/chat\/[0-9a-f-]{36}\/$/);
    assert.equal(await first.locator('table').count(), 1);
    assert.match(await text(page, '#m1 footer'), /100 tokens/);
    await picture(page, `journey-${profile}-answered`);

    await openList(page);
    assert.match(await text(page, '.balance'), dutch ? /3\.900 tokens/ : /3,900 tokens/);
    const row = page.locator('.chats li.now');
    assert.equal(await row.count(), 1);
    await row.locator('.more').click();
    await page.click('[role="menuitem"]:first-child');
    await page.keyboard.type('Revenue & margins <2025>');
    await page.keyboard.press('Enter');
    assert.equal(await row.locator('a').first().innerText(), 'Revenue & margins <2025>');
    await page.waitForFunction(() => document.title.startsWith('Revenue & margins <2025>'));

    await page.locator('.search input').fill('MARGINS');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\/\?q=MARGINS/);
    assert.equal(await text(page, '.found mark'), 'margins');
    await page.click('.found a');
    await page.locator('#m1 table').waitFor();
    assert.equal(await text(page, '#title'), 'Revenue & margins <2025>', 'the title of the user stays');

    await sendAndWait(page, 'And now?');
    assert.equal(await page.locator('.turn').count(), 2);
    await openList(page);
    await page.click('.me summary');
    await picture(page, `journey-${profile}-menu`);
    await page.click('.me .sign-out');
    await page.waitForURL(/\/accounts\/login\//);
    await page.goBack();
    await page.reload();
    assert.equal(new URL(page.url()).pathname, '/accounts/login/', 'signed out is signed out');
  });
}

test('the first day without scripts', async (t) => {
  const page = await visitor(t, { javaScriptEnabled: false, expected: ['422'] });
  const username = newName('jan');
  await register(page, username);
  assert.ok(!(await page.locator('[data-fill]').first().isVisible()), 'what needs scripts is not shown');
  await page.fill('#message', echo(ANSWER));
  await page.click('.send');
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}\/#m1$/);
  assert.equal(await page.locator('#m1 table').count(), 1);
  for (const button of ['.copy', '.copy-code', '.edit']) assert.ok(!(await page.locator(button).first().isVisible()), button);
  await picture(page, 'journey-no-scripts');

  await page.click('#m1 .again button');
  await page.locator('#m2 table').waitFor();
  await page.click('.head a.more');
  const save = 'form:has([name="title"]) [type="submit"]';
  await page.fill('[name="title"]', ' ');
  await page.click(save);
  assert.equal(await text(page, '.field.bad small'), 'This field may not be empty.');
  await page.fill('[name="title"]', 'Named by a form');
  await page.click(save);
  assert.equal(await text(page, '.chats li a:not(.icon)'), 'Named by a form');
  await page.fill('.search input', 'by a form');
  await page.press('.search input', 'Enter');
  await page.click('.found a');
  await page.locator('#m1').waitFor();
  await page.click('.head a.more');
  await page.click('form:has([value="delete"]) [type="submit"]');
  await page.waitForURL(`${url}/`);
  assert.equal(await page.locator('.chats li').count(), 0);
});

test('a second form with the same key is no second message', async (t) => {
  const page = await visitor(t, { javaScriptEnabled: false });
  await register(page, newName());
  await page.fill('#message', 'Only once');
  const [request] = await Promise.all([page.waitForRequest((sent) => sent.method() === 'POST'), page.click('.send')]);
  await page.locator('#m1').waitFor();
  const again = await page.context().request.post(request.url(), { headers: { 'Content-Type': request.headers()['content-type'], Origin: url }, data: request.postDataBuffer() });
  assert.equal(again.status(), 200);
  await page.reload();
  assert.equal(await page.locator('.turn').count(), 1);
  assert.match(await text(page, '.balance'), /3,900/);
});

test('all of it with the keyboard alone', async (t) => {
  const page = await visitor(t);
  await page.goto('/accounts/register/');
  await page.locator('[name="username"]').focus();
  for (const [value, key] of [[newName('kim'), 'Tab'], ['', 'Tab'], [PASSWORD, 'Tab'], [PASSWORD, 'Enter']]) {
    await page.keyboard.type(value);
    await page.keyboard.press(key);
  }
  await page.waitForURL(`${url}/`);
  assert.equal(await focused(page), 'message');
  await page.keyboard.type('First message');
  await page.keyboard.press('Enter');
  await ended(page.locator('#m1'));
  await page.keyboard.type('Two lines');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('in one message');
  await page.keyboard.press('Enter');
  await ended(page.locator('#m2'));
  assert.equal(await text(page, '#m2 .bubble'), 'Two lines\nin one message');
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.inputValue('#message'), 'Two lines\nin one message');
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');

  const chat = page.url();
  await page.goto('/search/');
  await page.keyboard.press('Tab');
  assert.equal(await text(page, ':focus'), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'content');
  await page.goto(chat);
  await page.keyboard.press('Control+K');
  assert.equal(await focused(page, 'type'), 'search');
  for (let i = 0; i < 10 && !(await page.locator('.chats .more:focus').count()); i++) await page.keyboard.press('Tab');
  assert.match(await focused(page, 'aria-label'), /^More for “/);
  await page.keyboard.press('Enter');
  await page.keyboard.press('r');
  await page.keyboard.press('Enter');
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page, 'aria-label'), 'More for “By keyboard”');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Alt+ArrowUp');
  assert.equal(await focused(page, 'aria-labelledby'), 'a2');
  await page.keyboard.press('Alt+ArrowUp');
  assert.equal(await focused(page, 'aria-labelledby'), 'u2');
  await page.keyboard.press('Control+/');
  await page.locator('#shortcuts[open]').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#shortcuts[open]').count(), 0);
});

test('nothing is wider than a window at 400 %, and all can be reached', async (t) => {
  const page = await visitor(t, { viewport: { width: 320, height: 256 } });
  await register(page, newName());
  await sendAndWait(page, echo(`${ANSWER}\n\n    ${'wide '.repeat(60)}\n\n${'x'.repeat(300)}`));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.locator('#m1 .copy').scrollIntoViewIfNeeded();
  await page.click('#m1 .copy', { trial: true });
  await page.click('.head .menu');
  await page.locator('#new-chat').scrollIntoViewIfNeeded();
  await picture(page, 'journey-zoomed');
  const wide = await visitor(t, { ...DESKTOP, viewport: { width: 2560, height: 1300 } });
  await wide.goto('/accounts/login/');
  await picture(wide, 'journey-wide');
});
