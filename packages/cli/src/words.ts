import { en, type WordKey, type Words } from './words/en.ts';
import { zh } from './words/zh.ts';

export type Language = 'en' | 'zh';
export type { WordKey };
/** Says a sentence of the dictionary, its `{names}` filled in. */
export type Say = (key: WordKey, values?: Readonly<Record<string, string | number>>) => string;

const dictionaries: Readonly<Record<Language, Words>> = { en, zh };

/** The language a person asked for: `--lang` first, then LC_ALL, LC_MESSAGES, LANG; English otherwise. */
export function languageOf(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Language {
  const at = argv.findIndex(word => word === '--lang' || word.startsWith('--lang='));
  const asked = at < 0 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1]);
  const named = asked || env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || 'en';
  return named.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function sayIn(language: Language): Say {
  const words = dictionaries[language];
  return (key, values = {}) =>
    words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The word of the dictionary for a value of a closed list (`state.open`), or the value itself when it is new to this client. */
export function sayValue(language: Language, list: string, value: string | undefined | null): string {
  if (value === undefined || value === null) return '';
  const words: Readonly<Record<string, string>> = dictionaries[language];
  return words[`${list}.${value}`] ?? value;
}
