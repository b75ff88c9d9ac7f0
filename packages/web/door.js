import { languageNow } from './words.js';

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
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init) {
  const response = await fetch(`/api/v1${path}`, {
    ...init,
    credentials: 'same-origin',
    cache: 'no-store',
    headers: { accept: 'application/json', 'accept-language': languageNow() === 'zh' ? 'zh-CN' : 'en', ...init.headers },
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** Topics the server announces. */
const TOPICS = ['finding', 'case', 'measure', 'batch', 'import', 'rule', 'source', 'party', 'reload'];

/**
 * Listens to what changes. An announcement says only that something changed; whoever cares fetches it.
 *
 * @param {{ changed: (topic: string) => void, live: (isLive: boolean) => void }} ears
 * @returns {() => void} how to stop
 */
export function listen(ears) {
  const events = new EventSource('/api/v1/events');
  events.onopen = () => ears.live(true);
  events.onerror = () => ears.live(false);
  events.onmessage = () => ears.changed('');
  for (const topic of TOPICS) events.addEventListener(topic, () => ears.changed(topic));
  return () => events.close();
}
