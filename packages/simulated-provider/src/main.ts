import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { openDisk } from './disk.ts';
import { openFeed } from './feed.ts';
import { openDoor } from './http.ts';

/**
 * A connectivity platform that stands in for a carrier's: `node src/main.ts --port 0 --data DIR`.
 * Prints one line with its address once it listens, and ends with its standard input when `--with-parent`
 * is given, so that it never outlives what started it.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string' },
    'with-parent': { type: 'boolean', default: false },
  },
});
if (values.data === undefined) {
  process.stderr.write('usage: main.ts --data DIR [--port N] [--host ADDRESS] [--with-parent]\n');
  process.exit(2);
}

const door = openDoor(openDisk(values.data), openFeed(values.data), Date.now);
door.listen(Number(values.port), values.host, () => {
  const { address, port } = door.address() as AddressInfo;
  process.stdout.write(`simulated provider listening on http://${address}:${port}\n`);
});
if (values['with-parent']) process.stdin.resume().on('end', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));
