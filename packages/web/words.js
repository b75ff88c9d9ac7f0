/** @typedef {'en' | 'zh'} Language */

/** @type {Record<string, string>} */
let words = {};
/** @type {Language} */
let language = 'en';

/** @returns {Language} */
export function languageNow() {
  return language;
}

/** @returns {Language} what was chosen here before, or else the browser's language */
export function languageWanted() {
  const kept = localStorage.getItem('thingward-language');
  if (kept === 'en' || kept === 'zh') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** @param {Language} wanted */
export async function speak(wanted) {
  const response = await fetch(`words.${wanted}.json`);
  words = await response.json();
  language = wanted;
  localStorage.setItem('thingward-language', wanted);
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en';
}

/**
 * The sentence for a key, its `{names}` filled in. A missing key shows itself in ⟦brackets⟧.
 *
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export function say(key, values = {}) {
  const sentence = words[key];
  if (sentence === undefined) return `⟦${key}⟧`;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The word for a value of a closed list, or the value as it came when this page doesn't know it.
 *
 * @param {string} list
 * @param {unknown} value
 */
export function sayValue(list, value) {
  if (value === null || value === undefined) return '';
  return words[`${list}.${value}`] ?? String(value);
}

/**
 * A name that comes in both languages from the server.
 *
 * @param {unknown} named
 */
export function nameOf(named) {
  if (typeof named === 'string') return named;
  if (typeof named !== 'object' || named === null) return '';
  const both = /** @type {Record<string, string>} */ (named);
  return both[language] ?? both['en'] ?? both['zh'] ?? '';
}
