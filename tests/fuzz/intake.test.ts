import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contributions } from '../../server/src/house.ts';
import { type TestDatabase, testDatabase } from '../../server/src/kernel/database/test-database.ts';
import { isRefusal } from '../../server/src/kernel/refusal.ts';
import { settableClock } from '../../server/src/kernel/time.ts';
import { application } from '../../server/src/modules/cards/formats/ber-encode.ts';
import { draws } from '../../server/src/modules/cards/formats/csv-fuzz.ts';
import { text, transferBatch } from '../../server/src/modules/cards/formats/tap3-fixtures.ts';
import { type BatchReport, type IntakeDoors, takeIn } from '../../server/src/spine/observations/intake.ts';
import { plainProfile, type SourceProfile } from '../../server/src/spine/observations/source-profile.ts';
import { addSource, batchById } from '../../server/src/spine/observations/store.ts';
import { makeParty } from '../../server/src/spine/observations/testing/make-party.ts';
import { effort } from '../prove.ts';
import { disturbed, pick } from './disturb.ts';
import { SEEDS } from './format-seeds.ts';

const FILES = effort(150, 5_000);
/** Files under way at once: what one of them waits for, another works in. */
const AT_ONCE = 4;
const T0 = Date.UTC(2026, 10, 20, 12);
const formats = contributions.flatMap(each => each.formats);

let db: TestDatabase;
let doors: IntakeDoors;
let partyId: number;
let sources = 0;

beforeAll(async () => {
  db = await testDatabase();
  partyId = await makeParty(db.database);
  doors = {
    database: db.database,
    clock: settableClock(T0),
    formats: new Map(formats.map(format => [format.name, format])),
    leafFor: ms => db.leafFor(ms),
  };
});
afterAll(() => db.close());

/** A new source, so that nothing sent before makes a record a duplicate. */
function newSource(format: string, profile: Partial<SourceProfile>): Promise<number> {
  sources += 1;
  const name = `source ${sources}`;
  return db.database.door(partyId, tx =>
    addSource(tx, { partyId, name, format, profile: { ...plainProfile, ...profile }, atMs: T0 }),
  );
}

async function take(sourceId: number, bytes: Buffer): Promise<BatchReport> {
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  return takeIn(doors, { partyId, label: 'person/1' }, sourceId, 'file', whole());
}

/** A digit string that does not compress, of which PostgreSQL's index could hold no 16,000. */
const long = (length: number): string => {
  const draw = draws(7);
  return Array.from({ length }, () => String.fromCharCode(33 + draw(11))).join('');
};

describe('intake, on hostile files', () => {
  it.each(formats.map(({ name }) => name))('closes the balance of whatever %s makes of them', async name => {
    const seeds = SEEDS.get(name) ?? { files: [Buffer.from('{}\n')], profiles: [{}] };
    let records = 0;
    const open = await Promise.all(seeds.profiles.map(profile => newSource(name, profile)));
    const takeOne = async (seed: number): Promise<void> => {
      const draw = draws(seed);
      const bytes = disturbed(draw, seeds.files);
      const report = await take(pick(draw, open), bytes).catch(error => {
        if (isRefusal(error) && error.code === 'format-mismatch') return null;
        throw new Error(`file ${seed}: ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error });
      });
      if (report === null) return;
      records += report.received;
      expect(report.received).toBe(report.accepted + report.duplicate + report.quarantined);
      const batch = await db.database.door(partyId, tx => batchById(tx, report.batchId));
      expect(batch).toMatchObject({ state: 'complete', received: report.received });
    };
    let seed = 0;
    const lane = async (): Promise<void> => {
      while (seed < FILES) await takeOne(++seed);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    expect(records).toBeGreaterThan(FILES / 4);
  });

  it('accepts the other records of a file in which one names a session of 16,000 characters', async () => {
    const mapping = { columns: { iccid: 'iccid', time: 'time', bytesUp: 'up', session: 's', apn: 'apn' } };
    const sourceId = await newSource('generic-csv', { mapping, counter: 'per-series' });
    const row = (up: number, session: string, apn = 'a') =>
      `8944500102198304826,2026-11-01T10:00:0${up}Z,${up},${session},${apn}\n`;
    const file = `iccid,time,up,s,apn\n${row(1, 's1')}${row(2, long(16_000))}${row(3, 's2', long(16_000))}`;
    expect(await take(sourceId, Buffer.from(file))).toMatchObject({ received: 3, accepted: 3 });
  });

  it('closes a table whose unknown column is named with NUL', async () => {
    const mapping = { columns: { iccid: 'iccid', time: 'time', bytesUp: 'up' }, ignored: [] };
    const sourceId = await newSource('generic-csv', { mapping });
    const header = `iccid,time,up,${'x'.repeat(600)}\0y`;
    const file = Buffer.from(`${header}\n8944500102198304826,2026-11-01T10:00:00Z,1,\n`);
    expect(await take(sourceId, file)).toMatchObject({ received: 1, accepted: 1 });
  });

  it('closes a TAP file whose head and unread parts hold NUL', async () => {
    const sourceId = await newSource('tap3', {});
    const file = transferBatch([text(14, 'a\0b')], { count: 9 });
    file.write('A\0A', file.indexOf('AAA01'), 'latin1');
    const odd = transferBatch([], { count: 0, tail: [text(200, '\0')] });
    const notice = application(2, [text(196, 'AAA01'), text(182, 'BBB02'), text(109, '0\x007')]);
    for (const bytes of [notice, file, odd, Buffer.concat([odd, Buffer.from('x\0y')])])
      expect(await take(sourceId, bytes)).toMatchObject({ accepted: 0 });
  });
});
