// The field for messages: keys, drafts, files, limits, and what happens when a message cannot be sent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, PHONE, api, echo, ended, focused, member, picture, send, sendAndWait, signIn, text, url } from './browser.mjs';

const TEXT_FILE = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('The launch is on 3 May.\n') };

test('Enter does not send while text is composed', async (t) => {
  const { page } = await member(t);
  await page.fill('#message', '日本');
  await page.evaluate(() => {
    const press = (detail) => document.getElementById('message').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...detail }));
    press({ isComposing: true });
    press({ keyCode: 229 });
  });
  await page.waitForTimeout(300);
  assert.equal(await page.locator('.turn').count(), 0);
  await page.keyboard.press('Enter');
  await ended(page.locator('#m1'));
});

test('on touch, Enter is a new line', async (t) => {
  const { page } = await member(t, PHONE);
  assert.notEqual(await focused(page), 'message', 'no keyboard without asking');
  await page.fill('#message', 'One');
  await page.press('#message', 'Enter');
  assert.equal(await page.inputValue('#message'), 'One\n');
});

test('with the setting, Enter is a new line and Ctrl Enter sends', async (t) => {
  const { page } = await member(t);
  await page.context().addCookies([{ name: 'quintet_enter', value: 'line', url }]);
  await page.reload();
  await page.fill('#message', 'One');
  await page.press('#message', 'Enter');
  assert.equal(await page.inputValue('#message'), 'One\n');
  await page.press('#message', 'Control+Enter');
  await ended(page.locator('#m1'));
});

test('a draft stays with its chat, and is gone after signing out', async (t) => {
  const { page, username } = await member(t);
  await sendAndWait(page, 'Hello');
  const chat = page.url();
  await page.fill('#message', 'Draft of the chat');
  await page.goto('/');
  assert.equal(await page.inputValue('#message'), '');
  await page.fill('#message', 'Draft of a new one');
  await page.goto(chat);
  assert.equal(await page.inputValue('#message'), 'Draft of the chat');
  await page.goto('/');
  assert.equal(await page.inputValue('#message'), 'Draft of a new one');
  await page.click('.me summary');
  await page.click('.me .sign-out');
  await page.waitForURL(/login/);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('Draft')), false);
  await signIn(page, username);
  assert.equal(await page.inputValue('#message'), '');
});

test('a draft written while an answer comes survives a reload', async (t) => {
  const { page } = await member(t);
  await send(page, echo('Slow. '.repeat(20), 'pieces=20 delay=100ms'));
  await page.keyboard.type('The next question');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.turn').count(), 1, 'Enter does not stop and does not send');
  await page.waitForTimeout(400);
  await page.reload();
  assert.equal(await page.inputValue('#message'), 'The next question');
  await ended(page.locator('#m1'));
});

test('a session that ended while typing loses nothing', async (t) => {
  const { page, username } = await member(t, { expected: ['401', 'WebSocket'] });
  await sendAndWait(page, 'Hello');
  const chat = new URL(page.url()).pathname;
  await page.fill('#message', 'Typed before the session ended');
  await page.context().clearCookies({ name: 'quintet_session' });
  await page.keyboard.press('Enter');
  await page.locator('#sign-in-again[open]').waitFor();
  await picture(page, 'writing-signed-out');
  assert.equal(await page.inputValue('#message'), 'Typed before the session ended');
  await page.click('#sign-in-again a');
  await page.fill('[name="username"]', username);
  await page.fill('[name="password"]', PASSWORD);
  await page.click('main [type="submit"]');
  await page.waitForURL((address) => address.pathname === chat);
  assert.equal(await page.inputValue('#message'), 'Typed before the session ended');
  await page.keyboard.press('Enter');
  await ended(page.locator('#m2'));
});

test('too long a message is counted, not cut', async (t) => {
  const { page } = await member(t);
  await page.fill('#message', '🙂'.repeat(31_000));
  assert.equal(await text(page, '.count'), '31,000 / 32,000');
  await page.fill('#message', '🙂'.repeat(32_010));
  assert.equal(await text(page, '.count'), 'This is 10 characters too long.');
  assert.ok(await page.isDisabled('.send'));
  await page.fill('#message', 'x'.repeat(32_000));
  assert.ok(!(await page.isDisabled('.send')));
  await page.click('.send');
  await ended(page.locator('#m1'));
});

test('a long pasted text stays, and becomes a file only if asked', async (t) => {
  const { page } = await member(t);
  const pasted = 'A sentence of a long text. '.repeat(400);
  await page.fill('#message', 'Summarise: ');
  await page.evaluate((data) => {
    const field = document.getElementById('message');
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', data);
    if (field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))) {
      field.setRangeText(data, field.value.length, field.value.length, 'end');
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }, pasted);
  assert.equal(await page.inputValue('#message'), `Summarise: ${pasted}`);
  await page.click('.offer');
  assert.equal(await page.inputValue('#message'), 'Summarise: ');
  await page.locator('.chip [name^="file."]').waitFor({ state: 'attached' });
  await page.click('.send');
  await ended(page.locator('#m1'));
  assert.match(await text(page, '#m1 .said .chip'), /Pasted text\.txt/);
});

test('files: chosen, dropped and pasted, with progress, reason and removal', async (t) => {
  const { page } = await member(t, { expected: ['422', '413', '415', '400'] });
  await page.fill('#message', 'When is the launch?');
  await page.setInputFiles('.attach input', [TEXT_FILE, { ...TEXT_FILE, name: 'empty.txt', buffer: Buffer.alloc(0) }, { name: 'tool.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ') }]);
  await page.locator('.chip.bad').nth(1).waitFor();
  assert.ok(await page.isDisabled('.send'), 'Send waits');
  await picture(page, 'writing-files');
  const drop = (type, name) => page.evaluate(([event, file]) => {
    const data = new DataTransfer();
    data.items.add(new File(['Dropped or pasted.'], file, { type: 'text/plain' }));
    const target = document.getElementById('message');
    target.dispatchEvent(event === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [type, name]);
  await drop('drop', 'dropped.txt');
  await drop('paste', 'pasted.txt');
  await page.waitForFunction(() => document.querySelectorAll('.chip [name^="file."]').length === 3);
  for (const name of ['empty.txt', 'tool.exe']) await page.click(`[aria-label="Remove ${name}"]`);
  await page.click('.send');
  await ended(page.locator('#m1'));
  assert.deepEqual(await page.locator('#m1 .said .chip span').allInnerTexts(), ['notes.txt', 'dropped.txt', 'pasted.txt']);
  assert.equal(await page.locator('.with .chip').count(), 0);
});

test('spent tokens are said in words, and what was written stays', async (t) => {
  const { page, username } = await member(t, { expected: ['402'] });
  const { token } = await api('POST', '/api/v1/tokens/', { username, password: PASSWORD });
  await sendAndWait(page, 'The first of forty');
  await page.fill('#message', 'One too many');
  for (let i = 0; i < 39; i++) await api('POST', '/send/', { message: 'Hello' }, token);
  await page.click('.send');
  await page.locator('.dock .note').waitFor();
  assert.match(await text(page, '.dock .note'), /Your tokens are spent\..*What you wrote stays here\./);
  assert.equal(await page.inputValue('#message'), 'One too many');
  assert.ok(await page.isDisabled('.send'));
  await page.reload();
  assert.match(await text(page, '.dock .note'), /Your tokens are spent/);
  assert.equal(await page.inputValue('#message'), 'One too many');
  await picture(page, 'writing-spent');
});

test('a message that could not be sent is sent once', async (t) => {
  const { page } = await member(t, { expected: ['ERR_'] });
  await sendAndWait(page, 'Hello');
  await page.route('**/messages/', (route) => route.abort(), { times: 1 });
  await page.fill('#message', 'Sent at the second try');
  await page.click('.send');
  await page.locator('.dock .note').waitFor();
  assert.match(await text(page, '.dock .note'), /nothing is charged twice/);
  await page.click('.send');
  await ended(page.locator('#m2'));
  assert.equal(await page.locator('.dock .note').count(), 0);
  assert.match(await text(page, '.balance'), /3,800/);
});

test('the choice of an assistant and of a model counts, also when asked again', async (t) => {
  const { page, username } = await member(t);
  const { token } = await api('POST', '/api/v1/tokens/', { username, password: PASSWORD });
  await api('POST', '/api/v1/assistants', { name: 'Tides', model: 'second' }, token);
  await page.goto('/assistants/');
  await page.click('.found a');
  await page.fill('[name="suggestions"]', 'When is high tide?\nWhat is a neap tide?');
  await page.click('form.card [type="submit"]');
  await page.goto('/');
  await page.fill('#message', 'Kept');
  await page.selectOption('[name="assistant"]', { label: 'Tides' });
  await page.waitForFunction(() => document.querySelectorAll('[data-fill]').length === 2);
  assert.equal(await page.inputValue('#message'), 'Kept');
  assert.equal(await page.getAttribute('#message', 'placeholder'), 'Ask Tides something');
  assert.deepEqual(await page.locator('[name="model"] option').allInnerTexts(), ['Second', 'Echo']);
  await picture(page, 'writing-choices');
  await page.click('[data-fill="When is high tide?"]');
  assert.equal(await page.inputValue('#message'), 'When is high tide?');
  await page.selectOption('[name="model"]', 'echo');
  await page.keyboard.press('Escape');
  await sendAndWait(page, await page.inputValue('#message'));
  await page.click('#m1 form.again button');
  await ended(page.locator('#m2'));
  const chat = new URL(page.url()).pathname.split('/')[2];
  const { messages } = await api('GET', `/api/v1/conversations/${chat}`, undefined, token);
  assert.deepEqual(messages.filter(({ role }) => role === 'assistant').map(({ model }) => model), ['echo', 'echo']);
  await page.reload();
  assert.equal(await page.inputValue('[name="model"]'), 'echo', 'the next message goes to the same model');
});
