import { expect, test } from 'vitest';
import { en } from './words/en.ts';
import { zh } from './words/zh.ts';
import { languageOf } from './words.ts';

const namesIn = (sentence: string) => [...sentence.matchAll(/\{\w+\}/g)].map(match => match[0]).sort();

test('both dictionaries hold the same keys, each with the same names to fill in', () => {
  expect(Object.keys(zh)).toEqual(Object.keys(en));
  for (const [key, sentence] of Object.entries(en)) {
    expect([key, [...new Set(namesIn(zh[key as keyof typeof zh]))]]).toEqual([
      key,
      [...new Set(namesIn(sentence))],
    ]);
  }
});

test('no sentence of one language stands in the other', () => {
  for (const sentence of Object.values(en))
    expect(sentence.replace('案件', '')).not.toMatch(/^[\p{Script=Han}]/u);
  const sameInBoth = Object.entries(en).filter(([key, sentence]) => zh[key as keyof typeof zh] === sentence);
  expect(sameInBoth.map(([key]) => key)).toEqual([]);
});

test.each([
  [['status', '--lang', 'zh'], {}, 'zh'],
  [['status', '--lang=zh-CN'], { LANG: 'en_US.UTF-8' }, 'zh'],
  [['status', '--lang', 'en'], { LANG: 'zh_CN.UTF-8' }, 'en'],
  [['status'], { LANG: 'zh_CN.UTF-8' }, 'zh'],
  [['status'], { LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }, 'en'],
  [['status'], {}, 'en'],
])('%j with %j speaks %s', (argv, env, language) => {
  expect(languageOf(argv, env)).toBe(language);
});
