import { expect, test } from 'vitest';
import { MEASURE_STATES } from './measure.ts';
import { isLiftable, isMoving, mayBecome } from './transitions.ts';
import { type Ceasing, judgeCeasing } from './verification.ts';

test('every state but the first is reached from it, and lifted and failed lead nowhere', () => {
  const reached = new Set<string>(['decided']);
  for (let size = 0; size < reached.size; ) {
    size = reached.size;
    for (const from of MEASURE_STATES)
      if (reached.has(from)) for (const to of MEASURE_STATES) if (mayBecome(from, to)) reached.add(to);
  }
  expect([...reached].sort()).toEqual([...MEASURE_STATES].sort());
  const ends = MEASURE_STATES.filter(from => MEASURE_STATES.every(to => !mayBecome(from, to)));
  expect(ends).toEqual(['failed', 'lifted']);
});

test('nothing is verified or closed before it was effective', () => {
  expect(MEASURE_STATES.filter(from => mayBecome(from, 'verified'))).toEqual(['effective']);
  expect(MEASURE_STATES.filter(from => mayBecome(from, 'closed'))).toEqual(['effective', 'verified']);
});

test('a measure that bites can be lifted, and one that moves keeps its case open', () => {
  expect(MEASURE_STATES.filter(isLiftable)).toEqual([
    'accepted',
    'effective',
    'verified',
    'closed',
    'overdue',
  ]);
  expect(MEASURE_STATES.filter(state => !isMoving(state))).toEqual([
    'verified',
    'closed',
    'failed',
    'lifted',
  ]);
});

const still: Ceasing = {
  effectiveAtMs: 1_000,
  quietMs: 100,
  traffic: { accepted: 0, lastAcceptedMs: null, refused: 0, lastRefusedMs: null },
  watermarkMs: null,
  provider: { refusedAttempts: 0, lastRefusedMs: null },
};
const carriedAt = (lastAcceptedMs: number) => ({ ...still.traffic, accepted: 1, lastAcceptedMs });

// What is known beside `still`, and the verdict.
const table: [string, Partial<Ceasing>, string][] = [
  ['nothing', {}, 'not-known'],
  ['a feed that stopped before the quiet time', { watermarkMs: 1_099 }, 'not-known'],
  ['a feed that went on past it', { watermarkMs: 1_100 }, 'ceased'],
  ['a refusal the provider counted', { provider: { refusedAttempts: 1, lastRefusedMs: 1_000 } }, 'ceased'],
  [
    'a refusal before the effective moment',
    { provider: { refusedAttempts: 1, lastRefusedMs: 999 } },
    'not-known',
  ],
  ['a refusal in the records', { traffic: { ...still.traffic, refused: 1, lastRefusedMs: 1_001 } }, 'ceased'],
  ['traffic after it', { traffic: carriedAt(1_050), watermarkMs: 1_100 }, 'goes-on'],
  ['traffic, then quiet', { traffic: carriedAt(1_050), watermarkMs: 1_150 }, 'ceased'],
  [
    'a refusal, then traffic',
    { traffic: { ...carriedAt(1_050), refused: 1, lastRefusedMs: 1_020 } },
    'goes-on',
  ],
  [
    'traffic, then a refusal',
    { traffic: { ...carriedAt(1_050), refused: 1, lastRefusedMs: 1_060 } },
    'ceased',
  ],
];

test.for(table)('with %s known, ceasing is judged so', ([, known, verdict]) => {
  expect(judgeCeasing({ ...still, ...known }).verdict).toBe(verdict);
});
