import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { CARRIERS } from './carriers/all.ts';
import { openCarrierDoor } from './carriers/door.ts';
import { openDisk } from './disk.ts';
import { openFeed } from './feed.ts';
import { openDoor } from './http.ts';

/**
 * A connectivity platform that stands in for a carrier's: `node src/main.ts --port 0 --data DIR`.
 * Prints one line with its address once it listens, and ends with its standard input when `--with-parent`
 * is given, so that it never outlives what started it. With `--as emnify` (or another of `carriers/all.ts`) it speaks
 * that carrier's published interface instead and keeps nothing on disk.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string' },
    as: { type: 'string' },
    'with-parent': { type: 'boolean', default: false },
  },
});
const carrier = CARRIERS[values.as ?? ''];
if (carrier === undefined && (values.data === undefined || values.as !== undefined)) {
  const names = Object.keys(CARRIERS).join(', ');
  process.stderr.write(
    `usage: main.ts (--data DIR | --as CARRIER) [--port N] [--host ADDRESS] [--with-parent]\nCARRIER: ${names}\n`,
  );
  process.exit(2);
}

const { data = '' } = values;
const door =
  carrier === undefined ? openDoor(openDisk(data), openFeed(data), Date.now) : openCarrierDoor(carrier);
door.listen(Number(values.port), values.host, () => {
  const { address, port } = door.address() as AddressInfo;
  process.stdout.write(`simulated provider listening on http://${address}:${port}\n`);
});
if (values['with-parent']) process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));
