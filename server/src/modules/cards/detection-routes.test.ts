import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedRules } from '../../content.ts';
import { type TestDatabase, testDatabase } from '../../kernel/database/test-database.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { insertFindings, moveStandings } from '../../spine/findings/store.ts';
import { makeFinder } from '../../spine/findings/testing/finder.ts';
import { compareScenes } from '../../spine/views/told-by-others.ts';
import { scenesOf } from './detection-routes.ts';
import { providerFindingsImport } from './imports/provider-findings.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(async () => db?.close());

describe('scenes that rules stand on', () => {
  it('are read off their basis: calls and path codes of OneLink, causes of 1NCE', () => {
    const texts = shippedRules();
    expect(scenesOf(texts.get('handset-tac') ?? '')).toEqual(['25a21', 'risk007']);
    expect(scenesOf(texts.get('lock-breached') ?? '')).toEqual(
      expect.arrayContaining(['imei_lock_breached', 'imei_lock_enforced']),
    );
    const all = new Set([...texts.values()].flatMap(scenesOf));
    for (let call = 18; call <= 31; call += 1) expect(all, `25a${call}`).toContain(`25a${call}`);
  });
});

describe('findings of a provider', () => {
  it('lie with the card as they were told, the same row once, and are compared with ours by scene (C-38)', async () => {
    const { database } = db;
    const [agreed, theirs, ours, withdrawn] = [
      await makeFinder(database),
      await makeFinder(database),
      await makeFinder(database),
      await makeFinder(database),
    ];
    const toldMs = agreed.clock.now() - 5 * DAY_MS;
    const from = new Date(toldMs).toISOString();
    for (const { partyId, iccid } of [agreed, theirs, withdrawn]) {
      const row = providerFindingsImport.row({ provider: 'OneLink', iccid, scene: 'risk012', from }, 'row 2');
      if ('refused' in row) throw new Error(row.refused);
      expect(row.registrations).toMatchObject([
        {
          do: 'fact',
          factKind: 'provider-finding/onelink/risk012',
          body: { provider: 'onelink', scene: 'risk012' },
        },
      ]);
      const reference = (row.registrations[0] as { reference: string }).reference;
      await database.corridor(async tx => {
        for (let twice = 0; twice < 2; twice += 1)
          await sql`
            insert into dated_fact (party_id, subject_id, kind, valid_from, valid_to, body, stated_by)
            select ${partyId}, subject_id, 'provider-finding/onelink/risk012', ${from}::timestamptz,
              ${from}::timestamptz + interval '1 millisecond', '{"provider":"onelink","scene":"risk012"}', 'test'
            from subject where party_id = ${partyId} and reference in (${reference}, ${iccid})`.execute(tx);
      });
    }
    await database.corridor(async tx => {
      await insertFindings(tx, [
        agreed.finding('a', { observedAtMs: toldMs + DAY_MS }),
        theirs.finding('long before', { observedAtMs: toldMs - 9 * DAY_MS }),
        ours.finding('b', { observedAtMs: toldMs }),
        withdrawn.finding('c', { observedAtMs: toldMs }),
      ]);
      await moveStandings(tx, [withdrawn.finding('c').findingId], 'withdrawn', 'judged', toldMs);
      const scenes = await compareScenes(tx, {
        factKind: 'provider-finding/',
        fromMs: toldMs - 3 * DAY_MS,
        toMs: toldMs + 3 * DAY_MS,
        withinDays: 2,
        pairs: [{ scene: 'risk012', ruleId: 'card-in-another-device' }],
        examples: 5,
      });
      expect(scenes).toEqual([
        {
          scene: 'risk012',
          told: 3,
          both: 1,
          theirsAlone: 2,
          oursAlone: 1,
          theirs: [theirs.iccid, withdrawn.iccid].sort(),
          ours: [ours.iccid],
        },
      ]);
    });
  });

  it.each([
    [{ provider: 'OneLink', scene: 'risk012', from: '2026-03-01' }, 'iccid: missing'],
    [{ iccid: '89454284200010500045', scene: 'risk012', from: '2026-03-01' }, 'provider: missing'],
    [{ provider: 'OneLink', iccid: '89454284200010500045', scene: 'risk012' }, 'from: missing'],
    [
      { provider: 'One/Link', iccid: '89454284200010500045', scene: 'x x', from: '2026-03-01' },
      'provider: no word of letters, digits, - and _',
    ],
  ])('%j is refused: %s', (cells, reason) => {
    const row = providerFindingsImport.row(cells as unknown as Record<string, string>, 'row 2');
    expect('refused' in row ? row.refused : 'taken').toBe(reason);
  });
});
