import { useSyncExternalStore } from 'react';
import type { Both } from './answers.ts';

export type Language = 'en' | 'zh';
type Sentences = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, unknown>>;

/** What the console says, in one language. */
export interface Words {
  readonly language: Language;
  /** The sentence for a key, its `{names}` filled in. A missing key shows itself in ⟦brackets⟧. */
  say(key: string, values?: Values): string;
  /** The word for a value of a closed list, or the value as it came when the console does not know it. */
  sayValue(list: string, value: unknown): string;
  /** A name that comes in both languages from the server. */
  nameOf(named: unknown): string;
}

const KEPT = 'thingward-language';
const load: Readonly<Record<Language, () => Promise<{ readonly default: Sentences }>>> = {
  en: () => import('../../words.en.json'),
  zh: () => import('../../words.zh.json'),
};

let current: Words = wordsOf('en', {});
const listeners = new Set<() => void>();

/** What was chosen here before, or else the browser's language. */
export function languageWanted(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'zh') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function languageNow(): Language {
  return current.language;
}

/** Changes the language in place: what is shown is said anew, what is typed and where the focus is stay. */
export async function speak(wanted: Language): Promise<void> {
  const { default: sentences } = await load[wanted]();
  current = wordsOf(wanted, sentences);
  localStorage.setItem(KEPT, wanted);
  document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en';
  for (const tell of listeners) tell();
}

export function useWords(): Words {
  return useSyncExternalStore(listen, () => current);
}

function listen(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

function wordsOf(language: Language, sentences: Sentences): Words {
  return {
    language,
    say: (key, values = {}) => {
      const sentence = sentences[key];
      if (sentence === undefined) return `⟦${key}⟧`;
      return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
    },
    sayValue: (list, value) => {
      if (value === null || value === undefined) return '';
      return sentences[`${list}.${String(value)}`] ?? String(value);
    },
    nameOf: named => {
      if (typeof named === 'string') return named;
      if (typeof named !== 'object' || named === null) return '';
      const both = named as Partial<Both>;
      return both[language] ?? both.en ?? both.zh ?? '';
    },
  };
}
