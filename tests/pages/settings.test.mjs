// Files, assistants and the account, by the forms of their pages: with scripts, and without.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD, api, member, signIn, text, url, visitor } from './browser.mjs';

const NEW_PASSWORD = 'another password';

/** Fills in the form that has the field `named`, and sends it. Waits for the answer, and returns its status. */
async function submit(page, named, fields = {}) {
  const form = page.locator(`main form:has([name="${named}"])`);
  for (const [name, value] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    const kind = await field.evaluate((element) => element.tagName === 'SELECT' ? 'select' : element.type);
    if (kind === 'select') await field.selectOption(value);
    else if (kind === 'checkbox') await field.setChecked(value);
    else if (kind === 'file') await field.setInputFiles(value);
    else await field.fill(value);
  }
  const [response] = await Promise.all([page.waitForNavigation(), form.locator('[type="submit"]').click()]);
  return response.status();
}

/** Opens the card at the end of a page, and deletes. */
async function remove(page) {
  await page.click('details.risky > summary');
  await Promise.all([page.waitForNavigation(), page.click('details.risky [type="submit"]')]);
}

const textFile = (name, content) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

for (const [how, options] of Object.entries({ 'with scripts': {}, 'without scripts': { javaScriptEnabled: false } })) {
  test(`files are uploaded, downloaded and deleted ${how}`, async (t) => {
    const { page } = await member(t, { ...options, expected: ['422', '404'] });
    await page.goto('/files/');
    assert.equal(await submit(page, 'files', { files: textFile('program.exe', 'x') }), 422);
    assert.equal(await text(page, '#hint-files'), 'This kind of file is not supported.');
    assert.equal(await submit(page, 'files', { files: [textFile('one.txt', 'first'), textFile('two <b>.md', '# second')] }), 200);
    assert.deepEqual((await page.locator('tbody th').allInnerTexts()).sort(), ['one.txt', 'two <b>.md']);
    await page.click('tbody a:text("one.txt")');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[download]')]);
    assert.equal(download.suggestedFilename(), 'one.txt');
    const address = page.url();
    await remove(page);
    assert.deepEqual(await page.locator('tbody th').allInnerTexts(), ['two <b>.md']);
    assert.equal((await page.goto(address)).status(), 404);
  });

  test(`an assistant is made, refused, changed and deleted ${how}`, async (t) => {
    const { page } = await member(t, { ...options, expected: ['422', '404'] });
    await page.goto('/assistants/new/');
    const typed = { name: 'Ada & <co>', system_prompt: 'One.\nTwo.', temperature: '3', files: textFile('facts.txt', 'Facts.') };
    assert.equal(await submit(page, 'system_prompt', typed), 422);
    assert.equal(await page.inputValue('[name="system_prompt"]'), 'One.\nTwo.', 'what was typed stays');
    assert.equal(await page.locator('.field.bad [name="temperature"]').count(), 1);
    assert.ok(await page.locator('label:has-text("facts.txt") input').isChecked(), 'the file need not be chosen again');
    assert.equal(await submit(page, 'system_prompt', { temperature: '0.5', 'tool.web_search': true }), 200);
    assert.equal(await page.locator('h1').innerText(), 'Ada & <co>');
    assert.equal(await page.inputValue('[name="temperature"]'), '0.5');
    assert.ok(await page.locator('[name="tool.web_search"]').isChecked());
    assert.ok(await page.locator('label:has-text("facts.txt") input').isChecked());
    assert.equal(await submit(page, 'system_prompt', { temperature: '', 'tool.web_search': false }), 200);
    assert.equal(await page.inputValue('[name="temperature"]'), '');
    assert.ok(!(await page.locator('[name="tool.web_search"]').isChecked()));
    await remove(page);
    assert.equal(await page.locator('.found li').count(), 0);
  });

  test(`a new password signs out everybody but this browser ${how}`, async (t) => {
    const { page, username } = await member(t, { ...options, expected: ['422'] });
    const other = await visitor(t, options);
    await signIn(other, username);
    await page.goto('/account/sessions/');
    assert.equal(await page.locator('tbody tr').count(), 2);
    await page.goto('/account/password/');
    const wrong = { current_password: 'wrong password', password: NEW_PASSWORD, confirm_password: NEW_PASSWORD };
    assert.equal(await submit(page, 'current_password', wrong), 422);
    assert.equal(await page.locator('.field.bad [name="current_password"]').count(), 1);
    assert.equal(await submit(page, 'current_password', { ...wrong, current_password: PASSWORD }), 200);
    assert.equal(page.url(), `${url}/account/?done=saved`);
    await other.goto('/account/');
    assert.equal(new URL(other.url()).pathname, '/accounts/login/');
  });

  test(`an API key is shown once, works, and ends ${how}`, async (t) => {
    const { page, username } = await member(t, options);
    await page.goto('/account/keys/');
    assert.equal(await submit(page, 'expires_in_days', { name: 'A <program>' }), 201);
    const key = await text(page, '.secret');
    assert.equal((await api('GET', '/api/v1/users/me', undefined, key)).username, username);
    await page.goto('/account/keys/');
    assert.equal(await page.locator('.secret').count(), 0);
    assert.equal(await page.locator('tbody th').innerText(), 'A <program>');
    await submit(page, 'id');
    const refused = await fetch(`${url}/api/v1/users/me`, { headers: { Authorization: `Bearer ${key}` } });
    assert.equal(refused.status, 401);
  });
}

test('the pages of administrators are closed to others', async (t) => {
  const { page } = await member(t, { expected: ['403'] });
  for (const path of ['/admin/', '/admin/users/', '/admin/notice/', '/admin/health/']) {
    const response = await page.goto(path);
    assert.equal(response.status(), 403, path);
    assert.equal(await page.locator('h1').innerText(), 'This did not work');
  }
});
