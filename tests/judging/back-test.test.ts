import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { backTestRule } from '../../server/src/spine/back-test/back-test-rule.ts';
import type { BackTestPlan } from '../../server/src/spine/back-test/plan.ts';
import type { Against, BackTestResult } from '../../server/src/spine/findings/back-tests/back-test.ts';
import { loadDossiers } from '../../server/src/spine/registry/dossier.ts';
import { fieldKey } from '../../server/src/spine/rules/field-key.ts';
import { judgeKey, type Verdict } from '../../server/src/spine/rules/judge-key.ts';
import type { Rule } from '../../server/src/spine/rules/rule.ts';
import { seeded } from './seeded.ts';
import { openStoredCorridor, type StoredCorridor } from './stored-corridor.ts';
import { shippedRule, shippedText, soundRule, trialWorld } from './world.ts';

const CLASSES = readFileSync(
  new URL('../../content/catalogues/card-classes/cards.yaml', import.meta.url),
  'utf8',
);
const NOW = Date.UTC(2026, 10, 20);
const FROM = Date.UTC(2026, 10, 5);
const TO = Date.UTC(2026, 10, 17);
const HOUR = 3_600_000;

/** Waits for a silence, so that ticks enter judging too. */
const FALLEN_SILENT = `
id: fallen-silent
title: { en: Fallen silent, zh: 静默 }
status: draft
reads: card-usage
key: subject
zone: UTC
severity: low
evidence: { strength: low, refutedBy: { en: nothing, zh: 无 } }
basis: [{ source: trial }]
state: { quiet: { operator: absence, window: 2d, lookBack: 30d } }
where: state.quiet
rearm: record
examples:
  fires:
    - name: silence
      observations: [{ at: "2026-03-01T08:00:00Z" }]
      watermark: "2026-03-04T08:00:00Z"
  silent:
    - name: none
      observations: [{ at: "2026-03-01T08:00:00Z" }, { at: "2026-03-02T08:00:00Z" }]
`;

const RULES: readonly { readonly id: string; readonly text: string }[] = [
  ...['data-burst', 'data-cap', 'dormant-card-wakes'].map(id => ({
    id,
    text: shippedText(id),
  })),
  { id: 'fallen-silent', text: FALLEN_SILENT },
];

const CARDS = ['8944476500008878576', '8945428420001050004', '8986011000000000001', '8986011000000000019'];
/** Speaks twice, with long silence between; two more wake at the very beginning and the very end of the span. */
const SLEEPER = '8986011000000000027';
const AT_EDGES = ['8986011000000000035', '8986011000000000043'];
const opened: StoredCorridor[] = [];
afterAll(() => Promise.all(opened.map(each => each.close())));

const table = (capBytes: number, from = ''): string =>
  `iccid,class,cap_bytes,from\n${CARDS.slice(0, 3)
    .map((iccid, i) => `${iccid},${['agriculture', 'vehicle', 'metering'][i]},${capBytes},${from}`)
    .join('\n')}\n${[SLEEPER, ...AT_EDGES].map(iccid => `${iccid},metering,,\n`).join('')}`;

/** Records over the days before, in and after the span, of cards that are known and of one that is nobody's. */
function records(seed: number): { early: string[]; late: string[] } {
  const random = seeded(seed);
  const spoke = (iccid: string, atMs: number): string => `${iccid},,,${new Date(atMs).toISOString()},10,10`;
  const early = [
    spoke(SLEEPER, Date.UTC(2026, 8, 10)),
    spoke(SLEEPER, Date.UTC(2026, 10, 10)),
    // After the span, by another source than the last one in it: it alone proves the silence between.
    spoke(SLEEPER, Date.UTC(2026, 10, 19)),
    ...AT_EDGES.flatMap((iccid, i) => [
      spoke(iccid, Date.UTC(2026, 8, 1)),
      spoke(iccid, i === 0 ? FROM : TO),
    ]),
  ];
  const late: string[] = [];
  for (let atMs = Date.UTC(2026, 8, 1); atMs < NOW - HOUR; atMs += random.below(30) * HOUR + HOUR) {
    const iccid = CARDS[random.below(CARDS.length)] ?? '';
    const bytes = random.below(4) === 0 ? 3_000_000_000 : random.below(90_000_000);
    const row = `${iccid},,,${new Date(atMs + random.below(HOUR)).toISOString()},${bytes},${random.below(bytes + 1)}`;
    (random.below(4) === 0 ? late : early).push(row);
    // Two sources tell of the same moment.
    if (random.below(4) === 0) late.push(row.replace(/\d+,\d+$/, '2900000000,1'));
  }
  return { early, late };
}

async function live(seed: number): Promise<StoredCorridor> {
  const corridor = await openStoredCorridor(RULES, CLASSES, NOW);
  opened.push(corridor);
  await corridor.importCards(table(100_000_000_000));
  const [source, other] = [await corridor.source(), await corridor.source()];
  const { early, late } = records(seed);
  await corridor.feed(source, early.slice(0, early.length >> 1));
  await corridor.judge();
  await corridor.feed(source, early.slice(early.length >> 1));
  await corridor.judge();
  await corridor.feed(other, late);
  await corridor.feed(await corridor.source(), [`${SLEEPER},,,2026-11-12T08:00:00Z,10,10`]);
  await corridor.judge();
  await corridor.importCards(table(1_000_000_000, '2026-11-09T00:00:00Z'));
  await corridor.judge();
  return corridor;
}

async function backTest(
  corridor: StoredCorridor,
  plan: Partial<BackTestPlan> & { rule: Rule },
  pageRecords?: number,
): Promise<{ result: BackTestResult; ids: string[]; hits: Verdict[] }> {
  const hits: Verdict[] = [];
  const result = await backTestRule(
    {
      database: corridor.database,
      contributions: corridor.contributions(),
      onProgress: async () => true,
      onHit: verdict => hits.push(verdict),
      ...(pageRecords === undefined ? {} : { pageRecords }),
    },
    { armed: null, fromMs: FROM, toMs: TO, chosen: {}, ...plan },
  );
  return { result, hits, ids: hits.map(hit => hit.findingId).sort() };
}

async function findings(corridor: StoredCorridor): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of RULES) found.push(...(await corridor.standingIds(id, FROM, TO)));
  return found.sort();
}

async function foundBy(corridor: StoredCorridor, change: (rule: Rule) => Rule): Promise<string[]> {
  const found: string[] = [];
  for (const { id, text } of RULES)
    found.push(...(await backTest(corridor, { rule: change(soundRule(text, id)) })).ids);
  return found.sort();
}

describe('a back-test over stored observations', () => {
  it('finds what live judging found, record for record, with late records and a fact changed meanwhile', async () => {
    const found: Record<string, number> = {};
    for (const seed of [1, 2]) {
      const corridor = await live(seed);
      for (const { id, text } of RULES) {
        const rule = soundRule(text, id);
        const { ids, result } = await backTest(corridor, { rule });
        expect([id, ids]).toEqual([id, await corridor.standingIds(id, FROM, TO)]);
        expect(result.hits).toBe(ids.length);
        const tiny = await backTest(corridor, { rule }, 1);
        expect(tiny.result).toEqual(result);
        found[id] = (found[id] ?? 0) + ids.length;
      }
    }
    for (const { id } of RULES) expect([id, (found[id] ?? 0) > 0]).toEqual([id, true]);
  });

  it('and would be caught if it judged otherwise: without what lies before the span, at other terms, or a record more', async () => {
    const corridor = await live(3);
    const standing = await findings(corridor);
    const by = (change: (rule: Rule) => Rule, over = corridor) => foundBy(over, change);
    expect(await by(rule => rule)).toEqual(standing);
    expect(await by(rule => ({ ...rule, reachMs: 0 }))).not.toEqual(standing);
    const [room] = corridor.contributions();
    const timeless = {
      ...corridor,
      contributions: () => [{ ...room!, boundAt: (facts: never) => room!.boundAt(facts, NOW) }],
    } as unknown as StoredCorridor;
    expect(await by(rule => rule, timeless)).not.toEqual(standing);
    await corridor.feed(await corridor.source(), [
      `${CARDS[1]},,,2026-11-06T00:00:00Z,9000000000,9000000000`,
    ]);
    expect(await by(rule => rule)).not.toEqual(standing);
    await corridor.judge();
    expect(await by(rule => rule)).toEqual(await findings(corridor));
  });

  it('counts by day and class, tells guards and errors, and shows hits with what they rest on', async () => {
    const corridor = await live(4);
    const rule = shippedRule('data-burst');
    const { result, hits } = await backTest(corridor, { rule });
    expect(result.days.reduce((sum, each) => sum + each.hits, 0)).toBe(result.hits);
    expect(new Set(result.days.map(each => each.class))).toContain('agriculture');
    expect(result.subjectsHit).toBe(new Set(hits.map(hit => hit.key)).size);
    expect(result.samples[0]).toMatchObject({ findingId: hits[0]!.findingId, evidence: hits[0]!.evidence });
    expect(result.armed).toBe('none');
    const guarded = soundRule(
      shippedText('data-burst')
        .replace(
          /^guards:\n/m,
          "guards:\n  always: { title: { en: x, zh: 某 }, when: 'observation.atMs > 1793000000000' }\n",
        )
        .replace(
          /^ {2}silent:\n/m,
          `  silent:
    - name: guarded always
      guard: always
      bound: { class: metering, burstBytes: 100 }
      observations: [{ at: 2026-11-09T08:00:00+08:00, bytes: 1000, durationSeconds: 600, service: data }]
`,
        ),
      'data-burst',
    );
    const silenced = await backTest(corridor, { rule: guarded });
    expect([silenced.result.hits, (silenced.result.silenced['always'] ?? 0) > 0]).toEqual([0, true]);
  });

  it('says what a new version adds and no longer finds beside the armed one', async () => {
    const corridor = await live(5);
    const armed = shippedRule('data-burst');
    const other = soundRule(
      shippedText('data-burst').replace('status: shipped', 'status: trial'),
      'data-burst',
    );
    const alike = await backTest(corridor, { rule: other, armed });
    expect(alike.result.armed).toMatchObject({
      version: armed.version,
      added: 0,
      lost: 0,
      keysAdded: 0,
      keysLost: 0,
    });
    const tamer = soundRule(
      shippedText('data-burst').replace(
        /^where: .*$/m,
        'where: state.used > bound.burstBytes && observation.bytes < 3000000000',
      ),
      'data-burst',
    );
    const beside = (await backTest(corridor, { rule: tamer, armed })).result.armed as Against;
    expect(beside.lost).toBeGreaterThan(0);
    expect(beside.kept + beside.lost).toBe(alike.result.hits);
    expect(
      beside.lostSamples.every(each => Number(each.evidence.observation['bytes']) >= 3_000_000_000),
    ).toBe(true);
    expect((alike.result.armed as { kept: number }).kept).toBe(alike.result.hits);
    const chosen = await backTest(corridor, { rule: other, armed, chosen: { class: 'vehicle' } });
    expect(chosen.result.subjects).toBe(1);
    expect(chosen.result.hits).toBeLessThan(alike.result.hits);
    expect((await backTest(corridor, { rule: armed, armed })).result.armed).toBe('same');
    expect(
      (await backTest(corridor, { rule: other, armed: shippedRule('one-imei-many-cards') })).result.armed,
    ).toBe('other-key');
  });

  it('judges key by key a rule keyed by a field, each record under its own subject’s terms', async () => {
    const corridor = await openStoredCorridor([], CLASSES, NOW);
    opened.push(corridor);
    await corridor.importCards(table(100_000_000_000));
    const source = await corridor.source();
    const imei = '35752007426533';
    const day = (n: number): string => new Date(FROM + n * 24 * HOUR).toISOString();
    const rows = [0, 1, 2, 3, 4, 5, 6, 7].map(n => `${CARDS[n % 3]},,,${day(n)},10,10,${imei}`);
    await corridor.feed(source, [
      ...rows,
      `${CARDS[0]},,,${day(1)},20,20,35752007426541`,
      // A card that nobody registered bears no verdict.
      `${CARDS[3]},,,${day(2)},20,20,${imei}`,
    ]);
    const rule = shippedRule('one-imei-many-cards');
    const { ids, result, hits } = await backTest(corridor, { rule });
    const records = await corridor.stored();
    const claims = records.map(each => each.claim);
    const dossiers = await corridor.database.corridor(tx => loadDossiers(tx, { claims, subjectIds: [] }));
    const about = new Map(
      dossiers.flatMap(({ subjectId, aliases }) =>
        aliases.map(({ claim }) => [claim, `subject/${subjectId}`] as const),
      ),
    );
    const expected = [...Map.groupBy(records, record => fieldKey(rule, record, corridor.partyId))].flatMap(
      ([key, mine]) =>
        key === null
          ? []
          : judgeKey(rule, {
              key,
              partyId: corridor.partyId,
              subject: { id: '', class: '' },
              boundAt: () => ({}),
              about: record => ({
                subject: { id: about.get(record.claim) ?? '', class: '' },
                boundAt: () => ({ cardsPerImei: 3 }),
              }),
              digest: trialWorld.digest,
              observations: mine.filter(each => !each.claim.endsWith(CARDS[3] ?? '')),
              ticks: [],
              fromMs: FROM,
            }).verdicts.map(verdict => verdict.findingId),
    );
    expect(expected.length).toBeGreaterThan(0);
    expect(ids).toEqual(expected.sort());
    expect(result.records).toBe(9);
    expect((await backTest(corridor, { rule }, 2)).result).toEqual(result);
    expect(hits.every(hit => hit.key.startsWith(`party/${corridor.partyId}/imei/`))).toBe(true);
    const one = await backTest(corridor, { rule, chosen: { references: [CARDS[0] ?? ''] } });
    expect(one.ids.every(id => ids.includes(id)) && one.ids.length < ids.length).toBe(true);
  });
});
