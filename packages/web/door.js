import { languageNow } from './words.js';

const PARTY = 'thingward-party';

/** Whom this tab speaks for, and in which language it wants to be answered. */
export function headersNow() {
  const party = sessionStorage.getItem(PARTY);
  return { 'accept-language': languageNow() === 'zh' ? 'zh-CN' : 'en', ...(party === null ? {} : { 'x-thingward-party': party }) };
}

/** @param {number | null} partyId the party this tab speaks for from now on; null leaves it to the server */
export function speakFor(partyId) {
  if (partyId === null) sessionStorage.removeItem(PARTY);
  else sessionStorage.setItem(PARTY, String(partyId));
}

/** The server said no: an RFC 9457 problem. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {Record<string, string>} problem
   */
  constructor(status, problem) {
    super(problem['title'] ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * @param {string} path below /api/v1
 * @returns {Promise<any>}
 */
export function get(path) {
  return ask(path, {});
}

/**
 * @param {string} path below /api/v1
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export function post(path, body = {}) {
  return ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/**
 * @param {string} path below /api/v1
 * @param {RequestInit} init
 * @returns {Promise<any>}
 */
export async function ask(path, init) {
  const response = await fetch(`/api/v1${path}`, {
    ...init,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'application/json', ...headersNow(), ...init.headers },
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/**
 * Hands a document of the server to the person as a file.
 *
 * @param {string} path
 * @param {string} name
 */
export async function download(path, name) {
  const text = `${JSON.stringify(await get(path), null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
