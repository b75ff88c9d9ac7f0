/**
 * Our server for `bench/http.ts`, in a process of its own: the whole house, with a source and a key of one party. Tells
 * its parent where it is, and, when asked, how much waits to be judged, once nothing does any more.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { readConfig } from '../server/src/config.ts';
import { type House, openHouse } from '../server/src/house.ts';
import { sha256 } from '../server/src/kernel/bytes.ts';
import { openLog } from '../server/src/kernel/log.ts';
import { DAY_MS, systemClock } from '../server/src/kernel/time.ts';
import { genericJson } from '../server/src/modules/cards/formats/generic-json.ts';
import { plainProfile } from '../server/src/spine/observations/source-profile.ts';
import { addSource } from '../server/src/spine/observations/store.ts';
import { makeParty } from '../server/src/spine/observations/testing/make-party.ts';
import { addApiKey } from '../server/src/spine/registry/people/store.ts';

/** Where the server is, and where its database is. */
export interface Told {
  readonly port: number;
  readonly path: string;
  readonly key: string;
  readonly partyId: number;
  readonly sourceId: number;
  readonly database: { readonly host: string; readonly port: number; readonly database: string };
  readonly durable: boolean;
}

/** What waited to be judged when the parent asked, and what was kept in how many commits since the start. */
export interface Settled {
  readonly lagRecords: number;
  readonly chunks: number;
  readonly kept: number;
}

const config = readConfig({ THINGWARD_DATA: process.argv[2] ?? '', THINGWARD_LOG: 'warn' }, []);
const house = await openHouse(config, openLog('warn'), systemClock, () => {});
process.on('message', () => void settle(house).then(settled => process.send?.(settled)));
process.once('disconnect', () => void house.close());
process.send?.(await tell(house));

async function tell({ app, opened }: House): Promise<Told> {
  const partyId = await makeParty(opened.database);
  const columns = {
    ...{ iccid: 'iccid', imei: 'imei', time: 'time' },
    ...{ bytesUp: 'up', bytesDown: 'down', plmn: 'plmn' },
  };
  const profile = { ...plainProfile, lateWindowMs: 400 * DAY_MS, mapping: { columns } };
  const asked = { partyId, name: 'bench', format: genericJson.name, profile, atMs: systemClock.now() };
  const sourceId = await opened.database.door(partyId, tx => addSource(tx, asked));
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port);
  const key = await keyFor(opened, partyId);
  const { host, port: at, database } = opened.rawPool({ role: 'owner', max: 1 }).options;
  const { durable } = await opened.readDurability();
  const path = `/api/v1/sources/${sourceId}/records`;
  return {
    ...{ port, path, key, partyId, sourceId, durable },
    database: { host: String(host), port: Number(at), database: String(database) },
  };
}

/** A key as an administrator makes one. */
async function keyFor({ database }: House['opened'], partyId: number): Promise<string> {
  const keyId = 'benchbench';
  const text = `tw_${keyId}_${randomBytes(32).toString('base64url')}`;
  const scopes = ['observations:write'] as const;
  const made = { title: 'bench', keyHash: sha256(text), createdBy: 'bench', expiresAtMs: null };
  await database.door(partyId, tx =>
    addApiKey(tx, { ...made, keyId, partyId, scopes, atMs: systemClock.now() }),
  );
  return text;
}

async function settle({ doors, opened }: House): Promise<Settled> {
  const { judgeRecords } = await doors.status.load();
  while ((await doors.status.load()).judgeRecords > 0) await delay(20);
  const { rows } = await sql<{ chunks: number; kept: number }>`
    select count(*) as chunks, coalesce(sum(accepted), 0)::bigint as kept from chunk`.execute(opened.owner);
  return { lagRecords: judgeRecords, ...(rows[0] as { chunks: number; kept: number }) };
}
