import {
  CLASSES,
  cardsOf,
  detailRecord,
  FLEET_MAPPING,
  isAccounting,
  type Plan,
  USAGE_HEADER,
  USUAL_FROM_MS,
  type Use,
  usageRow,
  usesInFile,
} from '@thingward/simulator';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../server/src/spine/observations/observation.ts';
import { place } from '../../server/src/spine/observations/placing.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { claimOf, observationOf } from './simulated-records.ts';
import { SimulatedTerms, shippedCards } from './simulated-terms.ts';

const plan: Plan = { seed: 5, cards: 200, days: 6, fromMs: USUAL_FROM_MS };
const cards = cardsOf(plan);
const uses = cards.flatMap(card =>
  Array.from({ length: plan.days }, (_, day) => usesInFile(plan, card, day)).flat(),
);

async function readingsOf(format: string, text: string, profile: Partial<SourceProfile>): Promise<Reading[]> {
  const reader = shippedCards.formats.find(each => each.name === format);
  const readings: Reading[] = [];
  const bytes = (async function* () {
    yield Buffer.from(text);
  })();
  for await (const cut of reader?.read(bytes, { ...plainProfile, ...profile }) ?? []) {
    if ('unread' in cut.outcome) throw new Error(JSON.stringify(cut.outcome.unread));
    readings.push(cut.outcome.reading);
  }
  return readings;
}

/** What judging sees of a reading received when the record's file is, for both ways to the same columns. */
function seenOf(reading: Reading, use: Use) {
  const placed = place(reading, use.judgedAtMs === use.atMs ? use.atMs + 86_400_000 : use.judgedAtMs);
  return { body: reading.body, atMs: placed.observedAtMs, mark: placed.timeMark };
}

describe('a simulated record', () => {
  it('is judged as the intake would store its row of a usage table', async () => {
    for (const [counter, holds] of [
      ['delta', (use: Use) => use.session === ''],
      ['per-series', (use: Use) => use.session !== ''],
    ] as const) {
      const own = uses.filter(holds);
      expect(own.length).toBeGreaterThan(500);
      const text = USAGE_HEADER + own.map(usageRow).join('');
      const profile = { counter, recordId: 'id', mapping: FLEET_MAPPING } as const;
      const readings = await readingsOf('generic-csv', text, profile);
      expect(readings).toHaveLength(own.length);
      for (const [i, reading] of readings.entries()) {
        const use = own[i] as Use;
        const { body, observedAtMs, timeMark, series } = observationOf(use);
        expect(seenOf(reading, use)).toEqual({ body, atMs: observedAtMs, mark: timeMark });
        expect([reading.claim, reading.series !== undefined]).toEqual([claimOf(use), series !== null]);
      }
    }
  });

  it('tells its session to a RADIUS server as it does to a table', async () => {
    const own = uses.filter(isAccounting);
    const readings = await readingsOf('freeradius-detail', own.map(detailRecord).join(''), {
      counter: 'per-series',
    });
    expect(readings).toHaveLength(own.length);
    for (const [i, reading] of readings.entries()) {
      const use = own[i] as Use;
      const { body, observedAtMs } = observationOf(use);
      expect(reading.body).toMatchObject(body);
      expect([reading.claim, reading.observedAtMs]).toEqual([`imsi:${use.card.imsi}`, observedAtMs]);
    }
  });
});

describe('the terms of a simulated fleet', () => {
  it('are taken by the imports, and its classes burst where the shipped catalogue says', () => {
    const terms = new SimulatedTerms(plan, cards);
    for (const card of cards) {
      const { terms: bound } = terms.stretchAt(`iccid:${card.iccid}`, plan.fromMs);
      expect(bound['class']).toBe(card.profile.id);
      expect(bound['burstBytes']).toBe(CLASSES.find(each => each.id === card.profile.id)?.burstBytes);
    }
  });
});
