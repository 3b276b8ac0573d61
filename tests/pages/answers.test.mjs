// How an answer appears: in place, formatted from the first character, and whatever happens to the connection.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { ANSWER, DESKTOP, PHONE, echo, ended, focused, member, picture, send, sendAndWait, text } from './browser.mjs';

const LOST = ['ERR_INCOMPLETE_CHUNKED_ENCODING', 'ERR_CONNECTION_REFUSED', 'ERR_CONNECTION_RESET', 'ERR_EMPTY_RESPONSE', 'ERR_NETWORK', 'ERR_INTERNET_DISCONNECTED', 'WebSocket connection'];
const SLOW = echo('Slowly, word by word, the answer comes. '.repeat(20), 'pieces=80 delay=100ms');

test('the question goes to the top of the view, with space for the answer', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, 'Hello');
  const turn = await send(page, '/echo text="A line of the answer.\\n\\n" repeat=60 pieces=60 delay=10ms');
  const { y } = await turn.boundingBox();
  const head = (await page.locator('.head').boundingBox()).height;
  assert.ok(y >= head && y < head + 32, `${y}`);
  await ended(turn);
  assert.equal((await turn.boundingBox()).y, y);
});

for (const [device, options] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`nothing moves while an answer of 2 KB comes, on a ${device}`, async (t) => {
    const { page } = await member(t, options);
    await sendAndWait(page, 'Hello');
    const turn = await send(page, echo(ANSWER, 'pieces=120 delay=25ms'));
    await page.evaluate(() => {
      window.places = new Set([scrollY]);
      new MutationObserver(() => window.places.add(scrollY)).observe(document.getElementById('turns'), { subtree: true, childList: true, characterData: true });
    });
    const { y } = await turn.locator('.answer').boundingBox();
    assert.ok(y < options.viewport.height / 2, 'a long question leaves room for the answer');
    await page.waitForTimeout(1500);
    await picture(page, `answer-${device}`);
    await ended(turn);
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
    assert.equal(await page.evaluate(() => window.places.size), 1);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });
}

test('an answer is never seen as raw Markdown', async (t) => {
  const { page } = await member(t);
  const turn = await send(page, echo(ANSWER, 'pieces=400 delay=5ms'));
  const raw = [];
  while ((await turn.getAttribute('data-state')) === 'pending') {
    const seen = await turn.locator('.text').evaluate((shown) => [...shown.querySelectorAll(':scope > :not(figure)')].map((block) => block.textContent).join('\n'));
    raw.push(...(seen.match(/\*\*|^#|\|--|```|\]\(/gm) ?? []));
  }
  assert.deepEqual(raw, []);
  assert.deepEqual(
    await turn.locator('.text > *').evaluateAll((blocks) => blocks.map((block) => block.localName)),
    ['h4', 'div', 'p', 'ul', 'figure', 'blockquote', 'p'].toSpliced(1, 0, 'p'),
  );
  assert.ok(await turn.locator('figure .k').count(), 'code is coloured');
});

test('the first characters of an answer', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, 'Hello');
  await page.fill('#message', 'And again');
  const milliseconds = await page.evaluate(() => new Promise((resolve) => {
    const began = performance.now();
    new MutationObserver(() => {
      if (document.querySelector('#m2 .text')?.textContent) resolve(performance.now() - began);
    }).observe(document.getElementById('turns'), { subtree: true, childList: true, characterData: true });
    document.querySelector('form.compose').requestSubmit();
  }));
  t.diagnostic(`${Math.round(milliseconds)} ms from sending to the first characters`);
  assert.ok(milliseconds < 2_000);
});

test('the view follows after "To the latest", until the reader scrolls up', async (t) => {
  const { page } = await member(t, { viewport: { width: 1280, height: 500 } });
  const turn = await send(page, echo('A paragraph of the answer, which is long enough to matter.\n\n'.repeat(80), 'pieces=160 delay=60ms'));
  const y = () => page.evaluate(() => scrollY);
  await page.locator('.latest').waitFor();
  const start = await y();
  await page.click('.latest');
  const followed = await y();
  assert.ok(followed > start);
  await page.waitForFunction((from) => scrollY > from, followed);
  await page.mouse.move(640, 200);
  await page.mouse.wheel(0, -150);
  await page.waitForTimeout(300);
  const left = await y();
  await ended(turn);
  assert.equal(await y(), left);
});

test('Stop keeps what came, and Escape stops too', async (t) => {
  const { page } = await member(t);
  const turn = await send(page, SLOW);
  await turn.locator('.text p').waitFor();
  await page.keyboard.type('A draft');
  await page.click('.send.stop');
  await ended(turn, 'cancelled');
  assert.match(await turn.locator('.text').innerText(), /^Slowly, word/);
  assert.match(await turn.locator('.note').innerText(), /You stopped this answer\.\s+Ask again/);
  assert.equal(await page.inputValue('#message'), 'A draft');
  await page.fill('#message', SLOW);
  await page.keyboard.press('Enter');
  const second = page.locator('#m2');
  await second.locator('.text p').waitFor();
  await page.keyboard.press('Escape');
  await ended(second, 'cancelled');
});

test('Stop works after a reload', async (t) => {
  const { page } = await member(t);
  await (await send(page, SLOW)).locator('.text p').waitFor();
  await page.reload();
  const turn = page.locator('#m1');
  await turn.locator('.text p').waitFor();
  await page.click('.send.stop');
  await ended(turn, 'cancelled');
});

test('leaving a chat that answers loses nothing', async (t) => {
  const { page } = await member(t);
  const turn = await send(page, SLOW);
  await turn.locator('.text p').waitFor();
  const chat = page.url();
  await page.goto('/');
  await page.locator('.chats li.plays').waitFor();
  await page.goto(chat);
  await ended(page.locator('#m1'));
  assert.equal((await text(page, '#m1 .text')).match(/Slowly/g).length, 20);
});

test('a lost connection is no error: the answer goes on, and is taken up', async (t) => {
  const { page } = await member(t, { expected: LOST });
  const turn = await send(page, SLOW);
  await turn.locator('.text p').waitFor();
  await page.context().setOffline(true);
  await page.locator('.dock .note').waitFor();
  assert.match(await text(page, '.dock .note'), /You are offline/);
  await page.context().setOffline(false);
  await ended(turn);
  assert.equal(await page.locator('.dock .note, .note.lost').count(), 0);
  assert.equal((await turn.locator('.text').innerText()).match(/Slowly/g).length, 20);
});

test('a server that is killed: the turn fails, costs nothing, and is tried again in its place', async (t) => {
  const { page } = await member(t, { expected: [...LOST, '502', '503'] });
  const turn = await send(page, SLOW);
  await turn.locator('.text p').waitFor();
  process.kill(Number(process.env.PAGES_CHECK), 'SIGUSR1');
  await turn.locator('.note.lost').waitFor();
  await picture(page, 'answer-lost');
  await turn.and(page.locator('[data-state="failed"]')).waitFor({ timeout: 60_000 });
  assert.match(await turn.locator('.note').innerText(), /This cost nothing/);
  await picture(page, 'answer-failed');
  await page.locator('.balance', { hasText: '4,000 tokens' }).waitFor();
  await turn.locator('.again button').click();
  await page.locator('#m2').waitFor();
  assert.equal(await page.locator('.turn').count(), 1);
  await page.reload();
  assert.equal(await page.locator('.turn').count(), 1, 'the failed message is shown once');
});

test('a failed turn is kept, free, and can be edited', async (t) => {
  const { page } = await member(t);
  const failing = '/echo fail=error';
  const turn = await sendAndWait(page, failing, 'failed');
  assert.equal(await turn.locator('.bubble').innerText(), failing);
  assert.equal(await focused(page), 'message');
  await turn.locator('.edit').click();
  assert.equal(await page.inputValue('#message'), failing);
  await page.fill('#message', 'Better');
  await page.click('.send');
  await ended(page.locator('#m2'));
});

test('what a screen reader is told', async (t) => {
  const { page } = await member(t);
  const told = () => page.evaluate(() => window.told.splice(0));
  await told();
  await sendAndWait(page, echo('Short and **good**.', 'wait=300ms'));
  await page.waitForTimeout(100);
  assert.deepEqual(await told(), ['Assistant is answering', 'Short and good.']);
  await sendAndWait(page, echo(`First paragraph.\n\n${'Many more words. '.repeat(60)}`, 'wait=11s'));
  await page.waitForTimeout(100);
  assert.deepEqual(await told(), ['Assistant is answering', 'Still answering.', 'First paragraph.\nAnswer complete, 182 words.']);
  assert.equal(await page.locator('#turns[aria-live], #turns [aria-live]').count(), 0);
  assert.equal(await focused(page), 'message');
});

test('copying gives Markdown and rich text, of code only the code', async (t) => {
  const { page } = await member(t);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const turn = await sendAndWait(page, echo(ANSWER));
  const copied = () => page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    return Object.fromEntries(await Promise.all(item.types.map(async (type) => [type, await (await item.getType(type)).text()])));
  });
  await turn.locator('.copy').click();
  await page.locator('#toast:not([hidden])').waitFor();
  const answer = await copied();
  assert.match(answer['text/plain'], /^## Revenue\n\nRevenue rose by \*\*8\.4%\*\*/);
  assert.match(answer['text/html'], /<strong>8\.4%<\/strong>/);
  assert.doesNotMatch(answer['text/html'], /<button|<script/);
  await turn.locator('.copy-code').click();
  await page.waitForTimeout(200);
  assert.match((await copied())['text/plain'], /^def growth[^]*100\n?$/);
});

test('copying where the browser has no clipboard for scripts', async (t) => {
  const { page } = await member(t);
  await page.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined }));
  await sendAndWait(page, echo('**Bold**'));
  await page.reload();
  await page.click('.copy');
  await page.locator('#toast:not([hidden])').waitFor();
  assert.equal(await text(page, '#toast'), 'Copied.');
  await page.fill('#message', '');
  await page.focus('#message');
  await page.keyboard.press('Control+V');
  assert.equal(await page.inputValue('#message'), '**Bold**');
});

test('a printed chat is whole', async (t) => {
  const { page } = await member(t);
  for (const word of ['first', 'second', 'last']) await sendAndWait(page, echo(`${ANSWER}\n\nThe ${word} answer ends.`));
  await page.emulateMedia({ media: 'print' });
  assert.ok(!(await page.locator('.dock').isVisible()) && !(await page.locator('#side').isVisible()));
  const printed = execFileSync('pdftotext', ['-', '-'], { input: await page.pdf() }).toString();
  for (const word of ['first', 'second', 'last']) assert.ok(printed.includes(`The ${word} answer ends.`), word);
  assert.ok(!printed.includes('Write a message'));
});
