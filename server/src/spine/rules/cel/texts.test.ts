import { expect, test } from 'vitest';
import { boolFromText, compareTexts, doubleFromText, doubleText, textSize } from './texts.ts';

test('texts are ordered by code point, so an astral character comes after every character of the basic plane', () => {
  const ordered = ['', 'a', 'aa', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '😀a', '😁'];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries())
      expect([a, b, Math.sign(compareTexts(a, b))]).toEqual([a, b, Math.sign(i - j)]);
  }
});

test.each<[string, number]>([
  ['', 0],
  ['abc', 3],
  ['x😀y', 3],
  ['😀😀', 2],
  ['\ud83d', 1],
  ['\ude00\ud83d', 2],
])('%j has %d characters', (text, size) => {
  expect(textSize(text)).toBe(size);
});

test.each<[number, string]>([
  [0, '0'],
  [-0, '-0'],
  [1.5, '1.5'],
  [1e21, '1e+21'],
  [1.5e-7, '1.5e-07'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
])('the double %d is written %s', (value, text) => {
  expect(doubleText(value)).toBe(text);
});

test.each<[string, number | undefined]>([
  ['1.5e3', 1_500],
  ['.5', 0.5],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['NaN', Number.NaN],
  ['', undefined],
  ['1_0', undefined],
  ['0x10', undefined],
  [' 1', undefined],
])('%j read as a double is %s', (text, value) => {
  expect(doubleFromText(text)).toBe(value);
});

test('only the spellings of Go are bools', () => {
  expect(['true', 'T', '1', 'false', 'F', '0'].map(boolFromText)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(['yes', 'tRUE', ''].map(boolFromText)).toEqual([undefined, undefined, undefined]);
});
