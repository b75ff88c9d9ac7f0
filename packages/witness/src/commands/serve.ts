import type { AddressInfo } from 'node:net';
import { parseVerifierKey, type VerifierKey } from '@thingward/verifier';
import { openCosigner } from '../cosigner.ts';
import { makeFolder } from '../disk.ts';
import { type Desk, stateFolder, type Words } from '../given.ts';
import { holdFolder } from '../hold.ts';
import { witnessServer } from '../http.ts';
import { WitnessRefusal } from '../refusal.ts';
import { openWitness } from '../witness.ts';

/** Cosigns until it is told to stop; one line of JSON when it listens, with its verifier key. */
export async function runServe(words: Words, desk: Desk): Promise<number> {
  const folder = stateFolder(words);
  const logs = await logKeys(words.log ?? []);
  const { host, port } = addressOf(words.listen);
  await makeFolder(folder);
  const hold = await holdFolder(folder);
  const cosigner = await openCosigner(folder, words.name);
  const witness = await openWitness({ folder, cosigner, logs, now: () => Date.now() });
  const server = witnessServer(witness, cosigner.vkey, cause => desk.stderr.write(`${String(cause)}\n`));
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(new WitnessRefusal('words-unknown', `--listen: ${cause.message}`)));
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  desk.stdout.write(
    `${JSON.stringify({ listening: `http://${name}:${bound.port}`, verifierKey: cosigner.vkey, logs: logs.map(log => log.name) })}\n`,
  );
  await new Promise<void>(resolve => {
    desk.once('SIGTERM', resolve);
    desk.once('SIGINT', resolve);
  });
  await new Promise<void>(resolve => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  await hold.release();
  return 0;
}

async function logKeys(given: readonly string[]): Promise<VerifierKey[]> {
  if (given.length === 0) throw new WitnessRefusal('words-unknown', '--log VKEY');
  const keys = await Promise.all(given.map(parseVerifierKey));
  for (const key of keys)
    if (key.type !== 1) throw new WitnessRefusal('words-unknown', `--log: ${key.name} is no key of a log`);
  return keys;
}

function addressOf(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new WitnessRefusal('words-unknown', '--listen HOST:PORT');
  return { host: (match[1] ?? match[2]) as string, port };
}
