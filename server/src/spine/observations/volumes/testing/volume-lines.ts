import type { RecordFormat } from '../../format.ts';
import type { Reading } from '../../observation.ts';
import type { VolumeKind } from '../volumes.ts';

export const KINDS: readonly VolumeKind[] = [{ kind: 'usage', totals: { bytes: ['up', 'down'] } }];

/** Lines of JSON `{claim, atMs, body}`. */
export const volumeLines: RecordFormat = {
  name: 'volume-lines',
  yields: 'usage',
  isText: true,
  checkProfile: () => [],
  async *read(bytes) {
    let text = '';
    for await (const part of bytes) text += Buffer.from(part).toString('utf8');
    for (const [i, line] of text
      .split('\n')
      .filter(each => each !== '')
      .entries()) {
      const { claim, atMs, body } = JSON.parse(line) as {
        claim: string;
        atMs: number;
        body: Reading['body'];
      };
      const reading = { kind: 'usage', claim, observedAtMs: atMs, timeMark: 'stated', body } as const;
      yield { recordNo: i + 1, raw: Buffer.from(line), outcome: { reading } };
    }
    return { flags: [], facts: {} };
  },
};

/** A file of so many records by so many cards in turn, each of a tenth of the volume up to ten times of it. */
export async function* volumeFile(
  no: number,
  asked: { volume: number; cards: number; records: number; atMs: number; inParts?: boolean },
): AsyncGenerator<Uint8Array> {
  const { volume, cards, records, atMs, inParts = false } = asked;
  for (let i = 0; i < records; i += 1) {
    const bytes = Math.round(volume * 10 ** ((i % 21) / 10 - 1));
    const up = Math.floor(bytes / 3);
    const body = inParts ? { up, down: bytes - up, no } : { bytes, no };
    const line = { claim: `iccid:89${i % cards}`, atMs: atMs - i * 1_000 - no, body };
    yield Buffer.from(`${JSON.stringify(line)}\n`);
  }
}
