/**
 * A list of a million revoked certificates: written as DER and signed, from columns in memory, as the signing thread does
 * it. Printed too: 100,000, the size, and with `--store` the whole way from the database's rows to the kept list.
 */
import { generateKeyPairSync, randomFillSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { migrationFolders } from '../server/src/kernel/database/migrate.ts';
import { openDatabase } from '../server/src/kernel/database/open.ts';
import type { TestDatabase } from '../server/src/kernel/database/test-database.ts';
import { silentLog } from '../server/src/kernel/log.ts';
import { makeDueLists } from '../server/src/modules/devices/crl/build.ts';
import { softwareSigner } from '../server/src/modules/devices/signing/software.ts';
import { deviceScene } from '../server/src/modules/devices/testing/device-scene.ts';
import { signatureOf } from '../server/src/modules/devices/x509/algorithms.ts';
import { certificateList, SERIAL_BYTES } from '../server/src/modules/devices/x509/crl.ts';
import * as extensions from '../server/src/modules/devices/x509/extensions.ts';
import { nameOf } from '../server/src/modules/devices/x509/names.ts';

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '1000000' }, store: { type: 'boolean', default: false } },
});
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const sign = softwareSigner('ec-p256', privateKey.export({ type: 'pkcs8', format: 'der' }));
const issuer = nameOf([['commonName', 'issuing']]);
const nowMs = Date.now();

function columns(count: number) {
  const serials = randomFillSync(new Uint8Array(count * SERIAL_BYTES));
  for (let n = 0; n < count; n += 1)
    serials[n * SERIAL_BYTES] = ((serials[n * SERIAL_BYTES] as number) & 0x3f) | 0x40;
  const revokedAtMs = Float64Array.from({ length: count }, (_, n) => nowMs - (n % 50_000_000) * 1_000);
  const reasons = Uint8Array.from({ length: count }, (_, n) => [1, 4, 5, 9][n % 4] as number);
  return { count, serials, revokedAtMs, reasons };
}

for (const count of [100_000, Number(values.entries)]) {
  const revoked = columns(count);
  const took = [0, 1, 2].map(() => {
    const beganAt = performance.now();
    const list = certificateList(
      {
        ...{
          algorithm: signatureOf('ec-p256').der,
          issuer,
          thisUpdateMs: nowMs,
          nextUpdateMs: nowMs + 86_400_000,
        },
        ...{ revoked, extensions: [extensions.crlNumber(1)] },
      },
      sign,
    );
    return { ms: performance.now() - beganAt, mb: list.length / 1e6 };
  });
  const ms = Math.min(...took.map(each => each.ms));
  console.log(
    `entries=${count} mb=${took[0]?.mb.toFixed(1)} crl_ms=${ms.toFixed(0)} worst_ms=${Math.max(...took.map(each => each.ms)).toFixed(0)}`,
  );
  if (count === Number(values.entries)) console.log(`crl/2s=${(ms / 2_000).toFixed(2)} (below 1 is meant)`);
}

if (values.store) await fromStore(Number(values.entries));

/** From rows to kept lists: the whole one, its only shard, and their empty deltas. */
async function fromStore(count: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'thingward-bench-'));
  chmodSync(folder, 0o755);
  const db = await openDatabase({ dataDir: folder, log: silentLog, migrations: migrationFolders() });
  const scene = await deviceScene(db as unknown as TestDatabase, 'bench', { nowMs });
  const one = await scene.issue('A');
  await sql`insert into device_certificate (party_id, authority_id, serial, subject_id, profile, shard, key_sha256,
      request_sha256, not_before, not_after, der, issued_by, issued_at, state, reason, revoked_at, change_no)
    select party_id, authority_id, '\\x41'::bytea || substring(sha256(n::text::bytea) from 1 for 15), subject_id, profile,
      shard, key_sha256, request_sha256, not_before, not_after, '\\x00', issued_by, issued_at, 'revoked', 4, now(), n
    from device_certificate, generate_series(1, ${count}::int) n where certificate_id = ${one.certificateId}`.execute(
    db.owner,
  );
  await sql`update device_authority set changes = ${count}`.execute(db.owner);
  await sql`analyze device_certificate`.execute(db.owner);
  const beganAt = performance.now();
  const made = await makeDueLists(scene.desk, scene.doer.partyId, scene.authority.authorityId);
  console.log(
    `from_rows_to_kept_s=${((performance.now() - beganAt) / 1_000).toFixed(1)} scopes=${made} entries=${count}`,
  );
  await scene.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
}
