// The list of chats, and windows that agree.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, api, echo, ended, focused, member, picture, sendAndWait, text, url } from './browser.mjs';

/** Makes chats with titles of their own, the last one first in the list. */
async function withChats(t, titles, options) {
  const { page, username } = await member(t, options);
  const { token } = await api('POST', '/api/v1/tokens/', { username, password: PASSWORD });
  for (const title of titles) await api('POST', '/api/v1/conversations', { title }, token);
  await page.reload();
  return { page, username, token };
}

const row = (page, title) => page.locator('.chats li', { hasText: title });

async function openMenu(page, title) {
  await row(page, title).hover();
  await row(page, title).locator('.more').click();
  await page.locator('[role="menu"]').waitFor();
}

test('the menu of a row obeys arrows, Home, End, letters and Escape', async (t) => {
  const { page } = await withChats(t, ['Alpha', 'Beta']);
  await openMenu(page, 'Alpha');
  const item = () => text(page, '[role="menu"] :focus');
  assert.equal(await item(), 'Rename');
  for (const [key, expected] of [['ArrowUp', 'Delete'], ['ArrowDown', 'Rename'], ['End', 'Delete'], ['Home', 'Rename'], ['c', 'Copy as Markdown'], ['d', 'Delete']]) {
    await page.keyboard.press(key);
    assert.equal(await item(), expected, key);
  }
  await picture(page, 'chats-menu');
  await page.keyboard.press('Escape');
  await page.locator('[role="menu"]').waitFor({ state: 'detached' });
  assert.equal(await focused(page, 'aria-label'), 'More for “Alpha”');
  assert.equal(await focused(page, 'aria-expanded'), '');
});

test('renaming: Enter and leaving save, Escape restores, nothing is no title', async (t) => {
  const { page } = await withChats(t, ['Alpha']);
  const rename = async (title, end) => {
    await openMenu(page, /./);
    await page.click('[role="menuitem"]:first-child');
    await page.fill('.rename-field', title);
    await end();
    await page.locator('.rename-field').waitFor({ state: 'detached' });
    return row(page, /./).locator('a').first().innerText();
  };
  assert.equal(await rename('Beta', () => page.keyboard.press('Enter')), 'Beta');
  assert.equal(await focused(page, 'aria-label'), 'More for “Beta”');
  assert.equal(await rename('Gamma', () => page.keyboard.press('Escape')), 'Beta');
  assert.equal(await rename('Delta', () => page.click('.hello')), 'Delta');
  assert.equal(await rename('', async () => {
    await page.keyboard.press('Enter');
    assert.equal(await page.getAttribute('.rename-field', 'aria-invalid'), 'true');
    await page.waitForTimeout(100);
    assert.equal(await text(page, '#status'), 'A title has 1 to 255 characters.');
    await page.keyboard.press('Escape');
  }), 'Delta');
  await page.reload();
  assert.equal(await row(page, /./).locator('a').first().innerText(), 'Delta');
});

test('deleting names the chat, and the focus goes on', async (t) => {
  const { page } = await withChats(t, ['Alpha', 'Beta', 'Gamma']);
  await openMenu(page, 'Beta');
  await page.click('[role="menu"] .risky');
  assert.equal(await text(page, '#ask-delete h2'), 'Delete “Beta”?');
  await picture(page, 'chats-delete');
  await page.keyboard.press('Escape');
  assert.equal(await focused(page, 'aria-label'), 'More for “Beta”');
  assert.equal(await page.locator('.chats li').count(), 3);
  await openMenu(page, 'Beta');
  await page.click('[role="menu"] .risky');
  await page.click('#ask-delete .risky');
  await row(page, 'Beta').waitFor({ state: 'detached' });
  assert.equal(await text(page, ':focus'), 'Alpha');
  await page.reload();
  assert.equal(await page.locator('.chats li').count(), 2);
});

test('after deleting the open chat a new one is offered', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, 'Hello');
  await page.click('.head .more');
  await page.locator('[role="menu"]').waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.click('#ask-delete .risky');
  await page.waitForURL(`${url}/`);
  await page.waitForFunction(() => document.activeElement.id === 'new-chat');
  await page.waitForFunction(() => window.told.includes('Chat deleted.'));
});

test('two windows of one browser agree', async (t) => {
  const { page: one } = await member(t);
  await sendAndWait(one, 'Hello');
  const two = await one.context().newPage();
  await two.goto(one.url());
  await sendAndWait(one, echo('Seen in both.', 'pieces=3 delay=200ms'));
  await ended(two.locator('#m2'));
  assert.equal(await text(two, '#m2 .text'), 'Seen in both.');
  await one.click('.head .rename');
  await one.locator('.rename-field').waitFor();
  await one.keyboard.type('Named in one');
  await one.keyboard.press('Enter');
  await two.waitForFunction(() => document.title.startsWith('Named in one') && document.querySelector('.chats .now').innerText.includes('Named in one'));
  await two.fill('#message', 'Still being written');
  await one.click('.head .more');
  await one.locator('[role="menu"]').waitFor();
  await one.keyboard.press('End');
  await one.keyboard.press('Enter');
  await one.click('#ask-delete .risky');
  await two.locator('.dock .note').waitFor();
  assert.equal(await text(two, '.dock .note'), 'This chat was deleted in another window.');
  assert.equal(await two.inputValue('#message'), 'Still being written');
});

test('what another device does is seen at once', async (t) => {
  const { page, token } = await withChats(t, []);
  await sendAndWait(page, 'Hello');
  const chat = page.url().split('/').at(-2);
  await page.waitForTimeout(500);
  await api('POST', `/api/v1/conversations/${chat}/messages`, { content: echo('From elsewhere.') }, token);
  await ended(page.locator('#m2'));
  assert.equal(await text(page, '#m2 .text'), 'From elsewhere.');
  await api('POST', '/api/v1/conversations', { title: 'Begun elsewhere' }, token);
  await row(page, 'Begun elsewhere').waitFor();
});

test('Back shows the chat as it is now', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, echo('Before. '.repeat(400)));
  await sendAndWait(page, 'Hello');
  await page.evaluate(() => scrollTo({ top: 120, behavior: 'instant' }));
  await page.waitForTimeout(200);
  await page.goto('/');
  await page.goBack();
  await page.waitForFunction(() => Math.abs(scrollY - 120) < 3);
  assert.equal(await page.locator('.turn').count(), 2);
});

test('earlier messages come in above, and the view stays', async (t) => {
  const { page, token } = await withChats(t, []);
  await sendAndWait(page, 'Message 1');
  const chat = page.url().split('/').at(-2);
  for (let n = 2; n <= 35; n++) await api('POST', `/api/v1/conversations/${chat}/messages`, { content: `Message ${n}` }, token);
  await page.goto(page.url());
  await page.locator('.earlier').waitFor();
  await page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
  const first = page.locator('.turn').first();
  const id = await first.getAttribute('id');
  const before = (await first.boundingBox()).y;
  await page.click('.earlier');
  await page.locator('#m1').waitFor();
  assert.ok(Math.abs((await page.locator(`#${id}`).boundingBox()).y - before) < 2);
  assert.equal(await page.locator('.earlier').count(), 0);
  assert.equal(await focused(page, 'aria-labelledby'), 'u1');
  assert.equal(await page.locator('.turn').count(), 35);
});

test('a chat with a new message is first among those of today', async (t) => {
  const { page } = await withChats(t, ['Alpha', 'Beta']);
  const rows = () => page.locator('.chats h3:first-of-type + ul a:not(.more)').allInnerTexts();
  assert.deepEqual(await rows(), ['Beta', 'Alpha']);
  await row(page, 'Alpha').locator('a').first().click();
  await page.waitForURL(/\/chat\//);
  await sendAndWait(page, 'Hello');
  assert.deepEqual(await rows(), ['Alpha', 'Beta']);
  await page.reload();
  assert.deepEqual(await rows(), ['Alpha', 'Beta'], 'as the server has them');
});

test('the first chat has its day above it', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, 'Hello');
  const heading = page.locator('.chats h3');
  assert.deepEqual(await heading.allInnerTexts(), ['Today']);
  assert.equal(await page.locator('.chats ul').getAttribute('aria-labelledby'), await heading.getAttribute('id'));
});

test('the list can be hidden on a wide screen, and stays so', async (t) => {
  const { page } = await withChats(t, ['Alpha']);
  const side = page.locator('#side');
  await side.locator('.hide').click();
  assert.ok(!(await side.isVisible()));
  assert.equal(await focused(page, 'class'), 'icon menu');
  await picture(page, 'chats-hidden');
  await page.reload();
  assert.ok(!(await side.isVisible()));
  await page.keyboard.press('Control+k');
  assert.ok(await side.isVisible(), 'a search needs it');
  await side.locator('.hide').click();
  await page.click('.head .menu');
  assert.ok(await side.isVisible());
  assert.equal(await focused(page), 'new-chat');
  await page.reload();
  assert.ok(await side.isVisible());
});
