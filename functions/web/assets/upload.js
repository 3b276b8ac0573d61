// Uploading a file, through our own server or, above its limit, straight to storage. Loaded with the first file.

import { call, callJson, problem } from './calls.js';
import { page, word } from './words.js';

const POLL_S = [1, 2, 4, 8];

/** @typedef {{chip: HTMLElement, say: (text: string, how?: {bad?: boolean, aloud?: boolean}) => void}} Chip */

/** Follows a stored file until it can be used; nothing if it was removed meanwhile. */
async function settle({ chip, say }, file) {
  for (let tries = 0; file.status === 'processing'; tries++) {
    say(word('being_read'), { aloud: tries === 0 });
    await new Promise((resolve) => setTimeout(resolve, POLL_S[Math.min(tries, POLL_S.length - 1)] * 1000));
    if (!chip.isConnected) return;
    file = await (await call(`/files/${file.id}/`)).json();
  }
  if (file.status === 'failed') throw new Error(file.status_text || word('file_failed'));
  return file.id;
}

/** `fetch` does not report how much of a body was sent. */
function send(method, address, body, headers, { chip, say }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => say(`${Math.floor((100 * event.loaded) / event.total)}%`, { aloud: false });
    request.onload = () => {
      let said = {};
      try { said = JSON.parse(request.responseText || '{}'); } catch { /* storage answers in XML */ }
      if (request.status < 300) resolve(said);
      else reject(problem(request.status, said));
    };
    request.onerror = () => reject(new Error(word('no_connection')));
    request.send(body);
    chip.addEventListener('removed', () => request.abort());
  });
}

async function store(file, at) {
  if (!page.file_limit || file.size <= page.file_limit) {
    const form = new FormData();
    form.append('file', file);
    return send('POST', `${page.root}/files/`, form, { Accept: 'application/json', 'X-CSRF-Token': page.csrf }, at);
  }
  const place = await callJson('/files/uploads/', { filename: file.name, size: file.size, content_type: file.type });
  await send('PUT', place.upload_url, file, place.headers ?? {}, at);
  return callJson(`/files/${place.id}/complete/`, {});
}

/** @param {File} file @param {Chip} at @returns {Promise<string | undefined>} its id, once it can be used */
export const upload = async (file, at) => settle(at, await store(file, at));
