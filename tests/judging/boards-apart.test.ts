import { expect, test } from 'vitest';
import { boardsApart, type Seen } from '../../server/src/modules/cards/duplicates/boards-apart.ts';
import type { Body, Observation } from '../../server/src/spine/observations/observation.ts';
import { foldKey, type Outcome } from '../../server/src/spine/rules/judge-key.ts';
import { type Seeded, seeded } from './seeded.ts';
import { shippedRule, trialWorld } from './world.ts';

/** CR-10: what a guard keeps from the holder of cards is told of the maker, by two pieces of code that say the same. */
const rule = shippedRule('one-imei-many-cards');
const IMEI = '35752007426533';
const KEY = `party/1/imei/${IMEI}`;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

type Record = Seen & { readonly body: Body };

/** Records of some cards over weeks: mostly boards in cells of their own, now and then something that speaks against it. */
function made(luck: Seeded): Record[] {
  const cards = 2 + luck.below(4) + (luck.oneIn(6) ? 10 : 0);
  const oddness = luck.pick([1_000, 60, 12]);
  const isToldAtEnd = luck.oneIn(2);
  let atMs = Date.UTC(2026, 9, 1, luck.below(24));
  return Array.from({ length: 70 }, (): Record => {
    atMs += (1 + luck.below(90)) * MINUTE_MS + (luck.oneIn(30) ? luck.below(20) * DAY_MS : 0);
    const subjectId = 1 + luck.below(cards);
    const cell = luck.oneIn(oddness) ? 'shared' : `${subjectId}-${luck.below(2)}`;
    const body = {
      imei: IMEI,
      durationSeconds: luck.below(5) * 1_800,
      ...(luck.oneIn(oddness) ? {} : { cell }),
      ...(luck.oneIn(oddness * 3) ? {} : { plmn: luck.oneIn(oddness) ? '46001' : '46000' }),
      ...(luck.oneIn(3)
        ? {}
        : { service: luck.oneIn(oddness) ? luck.pick(['voice', 'sms']) : luck.pick(['data', 'other']) }),
      ...(isToldAtEnd ? { event: 'stop' } : luck.oneIn(2) ? { event: 'event' } : {}),
    };
    return { subjectId, class: luck.oneIn(oddness * 20) ? 'tracking' : 'metering', observedAtMs: atMs, body };
  });
}

/** What the rule says of each record. */
function outcomes(records: readonly Record[]): Outcome[] {
  const heard: Outcome[] = [];
  const bearers = new Map<Observation, Record>();
  const nobody = { subject: { id: '', class: '' }, boundAt: () => ({}) };
  const fold = foldKey(
    rule,
    {
      ...{ ...nobody, key: KEY, partyId: 1, digest: trialWorld.digest },
      about: record => {
        const { subjectId, class: name } = bearers.get(record) as Record;
        return { subject: { id: `subject/${subjectId}`, class: name }, boundAt: () => ({ cardsPerImei: 3 }) };
      },
    },
    outcome => heard.push(outcome),
  );
  for (const [i, record] of records.entries()) {
    const { observedAtMs, body } = record;
    const observation: Observation = {
      ...{ digest: String(i).padStart(64, '0'), sourceId: 1, partyId: 1, chunkId: 1, kind: 'card-usage' },
      ...{ claim: `iccid:${record.subjectId}`, observedAtMs, timeMark: 'stated', series: null, body },
    };
    bearers.set(observation, record);
    fold.take(observation);
  }
  return heard;
}

const isSilenced = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === 'silenced' && outcome.guards.includes('boards-apart');

test('CR-10 whatever the guard holds back is seen by the look for duplicates at that very record, and nothing that is found is', () => {
  const met = { silenced: 0, fired: 0 };
  for (let seed = 1; seed <= 60; seed += 1) {
    const records = made(seeded(seed));
    const said = outcomes(records);
    expect(said).toHaveLength(records.length);
    for (const [i, record] of records.entries()) {
      const isSeen = boardsApart(records.slice(0, i + 1))?.lastMs === record.observedAtMs;
      if (isSilenced(said[i])) expect([seed, i, isSeen]).toEqual([seed, i, true]);
      if (isSeen) expect([seed, i, said[i]?.kind]).not.toEqual([seed, i, 'fired']);
      met.silenced += Number(isSilenced(said[i]));
      met.fired += Number(said[i]?.kind === 'fired');
    }
  }
  expect(met.silenced).toBeGreaterThan(100);
  expect(met.fired).toBeGreaterThan(20);
});
