// What the first view costs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { echo, member, sendAndWait, url } from './browser.mjs';

const KIB = 1024;
const LIMIT = 32 * KIB;

test('the first view is small, and needs no font and no image', async (t) => {
  const { page } = await member(t);
  await sendAndWait(page, echo('Hello.'));
  const client = await page.context().newCDPSession(page);
  await client.send('Network.enable');
  await client.send('Network.setCacheDisabled', { cacheDisabled: true });
  const received = new Map();
  const kinds = new Map();
  client.on('Network.responseReceived', ({ requestId, type, response }) => kinds.set(requestId, { type, path: new URL(response.url).pathname, headers: response.headers }));
  client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => received.set(requestId, encodedDataLength));
  await page.goto('/', { waitUntil: 'networkidle' });
  const sizes = {};
  for (const [id, { type, headers }] of kinds) {
    const heads = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    sizes[type] = (sizes[type] ?? 0) + Math.max(0, (received.get(id) ?? 0) - heads);
  }
  // The budget is of compressed pages, whether this server compresses them or a proxy.
  sizes.Document = gzipSync(await page.content()).length;
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${Object.entries(sizes).map(([type, size]) => `${type} ${(size / KIB).toFixed(1)}`).join(', ')}: ${(total / KIB).toFixed(1)} KiB`);
  assert.ok(total <= LIMIT, `${total} bytes`);
  assert.equal(kinds.size && [...kinds.values()].filter(({ type }) => ['Font', 'Media'].includes(type)).length, 0);
});

test('assets are kept for good under their version, and other versions are not kept', async (t) => {
  const { page } = await member(t);
  const script = await page.getAttribute('script[type="module"]', 'src');
  const request = page.context().request;
  const current = await request.get(script);
  assert.match(current.headers()['cache-control'], /immutable/);
  const other = await request.get(script.replace(/\/assets\/[^/]+\//, '/assets/000000000000/'));
  assert.equal(other.status(), 200);
  assert.match(other.headers()['cache-control'], /no-store/);
  const page1 = await request.get(`${url}/`);
  assert.match(page1.headers()['cache-control'] ?? '', /no-store|private/);
});
