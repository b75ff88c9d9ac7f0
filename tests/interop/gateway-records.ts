/**
 * Records of packet gateways against a decoder that nobody here wrote: tshark reads each record of our sample file out
 * of a GTP′ packet (TS 32.295), and what it says of its fields must be what we read of it.
 *
 * One line for each check; the exit code is 1 when one fails.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pgwCdr } from '../../server/src/modules/cards/formats/pgw-cdr.ts';
import { samplePgwFile } from '../../server/src/modules/cards/formats/pgw-cdr-fixtures.ts';
import { readWhole } from '../../server/src/modules/cards/formats/reading-aids.ts';
import { missingProgram } from './debian/install.ts';

const run = promisify(execFile);
const NAME = 'records of a packet gateway are what tshark reads of them';

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value, 0);
  return bytes;
};

/** One record as a data record transfer request in a capture of bare IP. */
function capture(record: Uint8Array): Buffer {
  const packet = Buffer.concat([Buffer.from([1, 1, 0x1a, 1]), u16(record.length), record]);
  const body = Buffer.concat([Buffer.from([126, 1, 252]), u16(packet.length), packet]);
  const gtp = Buffer.concat([Buffer.from([0x4e, 240]), u16(body.length), u16(1), body]);
  const udp = Buffer.concat([u16(3_386), u16(3_386), u16(8 + gtp.length), u16(0), gtp]);
  const ip = Buffer.from([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  ip.writeUInt16BE(20 + udp.length, 2);
  const head = Buffer.from('d4c3b2a1020004000000000000000000ffff000065000000', 'hex');
  const frame = Buffer.alloc(16);
  frame.writeUInt32LE(20 + udp.length, 8);
  frame.writeUInt32LE(20 + udp.length, 12);
  return Buffer.concat([head, frame, ip, udp]);
}

const every = (text: string, name: string): string[] =>
  [...text.matchAll(new RegExp(`^\\s*${name}: (.*)$`, 'gm'))].map(found => found[1] ?? '');
/** tshark shows volumes as numbers of 32 bits with a sign. */
const sum = (texts: readonly string[]): number | undefined =>
  texts.length === 0 ? undefined : texts.reduce((total, text) => total + (Number(text) >>> 0), 0);

const folder = mkdtempSync(join(tmpdir(), 'tw-cdr-'));
try {
  const lack = await missingProgram('tshark', 'tshark');
  if (lack !== null) console.log(`skipped ${NAME} (${lack})`);
  else {
    const faults: string[] = [];
    const { cuts } = await readWhole(pgwCdr, samplePgwFile());
    for (const { raw, outcome, recordNo } of cuts) {
      if (!('reading' in outcome)) continue;
      const { claim, body } = outcome.reading;
      const file = join(folder, `${recordNo}.pcap`);
      writeFileSync(file, capture(raw));
      const { stdout } = await run('tshark', ['-r', file, '-V']);
      const traffic = [every(stdout, 'dataVolumeGPRSUplink'), every(stdout, 'dataVolumeGPRSDownlink')];
      const service = [every(stdout, 'datavolumeFBCUplink'), every(stdout, 'datavolumeFBCDownlink')];
      const [up = [], down = []] = traffic.some(list => list.length > 0) ? traffic : service;
      const theirs = {
        claim: `imsi:${every(stdout, 'IMSI')[0]}`,
        imei: every(stdout, 'TBCD digits')[0]?.slice(0, 14),
        sessionId: every(stdout, 'chargingID')[0],
        nas: every(stdout, 'nodeID')[0],
        apn: every(stdout, 'accessPointNameNI')[0]?.toLowerCase(),
        durationSeconds: Number(every(stdout, 'duration')[0]),
        bytesUp: sum(up),
        bytesDown: sum(down),
        isWhole: !/Malformed|BER Error/.test(stdout),
      };
      for (const [field, value] of Object.entries(theirs)) {
        const ours = field === 'claim' ? claim : field === 'isWhole' ? true : body[field];
        if (ours !== value) faults.push(`record ${recordNo} ${field}: ours ${ours}, theirs ${value}`);
      }
    }
    console.log(
      faults.length === 0 ? `ok ${NAME} (${cuts.length} records)` : `FAIL ${NAME} ${faults.join('; ')}`,
    );
    process.exitCode = faults.length === 0 ? 0 : 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
