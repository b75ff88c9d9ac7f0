import { describe, expect, test } from 'vitest';
import { type Bearing, deriveAliases, MOST_PARTNERS, type Statement } from './derive.ts';

const FOREVER = Number.MAX_SAFE_INTEGER;
const ROOT = 1;
const PARTY = 2;

const stated = (statedId: number, by: string, firstMs: number, lastMs = firstMs): Statement => ({
  statedId,
  partyId: PARTY,
  claim: 'imsi:1',
  by,
  firstMs,
  lastMs,
});
const bears = (claim: string, subjectId: number, fromMs = -FOREVER, toMs = FOREVER): Bearing => ({
  claim,
  subjectId,
  partyId: PARTY,
  ancestors: [ROOT, PARTY],
  fromMs,
  toMs,
});

function derive(statements: Statement[], bearings: Bearing[], crowded: string[] = []) {
  const registered = new Map<string, Bearing[]>();
  for (const each of bearings) registered.set(each.claim, [...(registered.get(each.claim) ?? []), each]);
  const { aliases, answers } = deriveAliases(statements, registered, claim => crowded.includes(claim));
  return {
    spans: aliases.map(({ subjectId, fromMs, toMs }) => [subjectId, fromMs, toMs]),
    answers: [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer),
  };
}

const A = bears('iccid:a', 1);
const B = bears('iccid:b', 2);

describe('what follows from identifiers stated together', () => {
  test.each([
    {
      name: 'a claim names the subject from the first record on that stated it',
      statements: [stated(1, 'iccid:a', 5, 90)],
      bearings: [A],
      spans: [[1, 5, FOREVER]],
      answers: ['entered'],
    },
    {
      name: 'a claim that moved to another card names each in its time',
      statements: [stated(1, 'iccid:a', 5, 10), stated(2, 'iccid:b', 20, 30)],
      bearings: [A, B],
      spans: [
        [1, 5, 20],
        [2, 20, FOREVER],
      ],
      answers: ['entered', 'entered'],
    },
    {
      name: 'two cards whose records interleave both bear the claim while they do, and it is told',
      statements: [stated(1, 'iccid:a', 5, 25), stated(2, 'iccid:b', 20, 30)],
      bearings: [A, B],
      spans: [
        [1, 5, 30],
        [2, 20, FOREVER],
      ],
      answers: ['contested', 'contested'],
    },
    {
      name: 'what is registered to another card is not overturned, only contradicted',
      statements: [stated(1, 'iccid:a', 5, 10)],
      bearings: [A, B, bears('imsi:1', 2)],
      spans: [],
      answers: ['contradicts-register'],
    },
    {
      name: 'once the registration has ended the statement counts',
      statements: [stated(1, 'iccid:a', 15, 20)],
      bearings: [A, bears('imsi:1', 2, -FOREVER, 12)],
      spans: [[1, 15, FOREVER]],
      answers: ['entered'],
    },
    {
      name: 'what is registered to the same card needs no alias',
      statements: [stated(1, 'iccid:a', 5, 10)],
      bearings: [A, bears('imsi:1', 1)],
      spans: [],
      answers: ['known'],
    },
    {
      name: 'an identifier nobody registered names nobody',
      statements: [stated(1, 'iccid:x', 5)],
      bearings: [A],
      spans: [],
      answers: ['unknown'],
    },
    {
      name: 'an identifier that two cards bear names neither',
      statements: [stated(1, 'iccid:a', 5)],
      bearings: [A, bears('iccid:a', 2)],
      spans: [],
      answers: ['ambiguous'],
    },
    {
      name: 'a record of another tenant says nothing of this card',
      statements: [{ ...stated(1, 'iccid:a', 5), partyId: 9 }],
      bearings: [A],
      spans: [],
      answers: ['unknown'],
    },
    {
      name: 'the alias lasts no longer than the card bears what it is stated with',
      statements: [stated(1, 'iccid:a', 5, 10)],
      bearings: [bears('iccid:a', 1, 0, 50)],
      spans: [[1, 5, 50]],
      answers: ['entered'],
    },
  ])('$name', ({ statements, bearings, spans, answers }) => {
    expect(derive(statements, bearings)).toEqual({ spans, answers });
    expect(derive([...statements].reverse(), [...bearings].reverse()).spans).toEqual(spans);
  });

  test('an identifier stated with more others than one thing has names nobody', () => {
    expect(derive([stated(1, 'iccid:a', 5)], [A], ['imsi:1'])).toEqual({ spans: [], answers: ['crowded'] });
    expect(MOST_PARTNERS).toBeGreaterThan(10);
  });
});
