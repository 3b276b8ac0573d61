// Requests to our own server, and what they answer when something is wrong.

import { page, word } from './words.js';

/** A request that failed. The message is a sentence for the reader. */
export class Problem extends Error {
  /** @param {string} code @param {string} text @param {number} [retryAfter] seconds */
  constructor(code, text, retryAfter = 0) {
    super(text);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export function askToSignIn() {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById('sign-in-again'));
  if (!dialog || dialog.open) return;
  const here = location.pathname.slice(page.root.length) + location.search;
  dialog.querySelector('a').search = `?next=${encodeURIComponent(here)}`;
  dialog.showModal();
}

/** @param {number} status @param {{error?: string, code?: string, retry_after?: number}} said */
export function problem(status, said) {
  if (status === 401) {
    askToSignIn();
    return new Problem('signed_out', said.error ?? '');
  }
  if (status === 429) return new Problem('rate_limited', word('too_many', { n: said.retry_after ?? 60 }), said.retry_after ?? 60);
  const code = said.code ?? { 402: 'insufficient_tokens', 404: 'not_found', 409: 'conflict' }[status] ?? 'failed';
  return new Problem(code, said.error || word('went_wrong'));
}

/** @param {string} path below `root`, or a whole address @param {RequestInit} [options] @throws {Problem} */
export async function call(path, options = {}) {
  const address = path.startsWith('/') ? page.root + path : path;
  const headers = { Accept: 'application/json', ...(options.method && { 'X-CSRF-Token': page.csrf }), ...options.headers };
  let response;
  try {
    response = await fetch(address, { ...options, headers });
  } catch {
    throw new Problem('network', word('no_connection'));
  }
  const toSignIn = response.redirected && new URL(response.url).pathname.startsWith(`${page.root}/accounts/`);
  if (response.ok && !toSignIn) return response;
  throw problem(toSignIn ? 401 : response.status, await response.json().catch(() => ({})));
}

/** @param {string} path @param {unknown} body */
export async function callJson(path, body, method = 'POST') {
  const response = await call(path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return response.json();
}
