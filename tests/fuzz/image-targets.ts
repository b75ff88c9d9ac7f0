import type { Piece } from '../../server/src/spine/rules/arrays/image-words.ts';
import { compareObservations } from '../../server/src/spine/rules/counters.ts';
import { ArrayCorridor } from '../judging/array-corridor.ts';
import { makeFleet } from '../judging/fleet.ts';
import { shippedIds, shippedRule } from '../judging/world.ts';
import { disturbed, pick } from './disturb.ts';
import { type Draw, holds, type Target, target } from './target.ts';

const rules = shippedIds.map(shippedRule);
/** Every checksum is right: a damaged piece is read to its end, not turned away at the door. */
const checksum = (): string => '0'.repeat(64);

let made: { readonly image: readonly Piece[]; readonly corridor: ArrayCorridor } | null = null;

function imageAtHand(): NonNullable<typeof made> {
  if (made !== null) return made;
  const corridor = new ArrayCorridor(rules);
  const { records, facts } = makeFleet(8, 6);
  corridor.accept({ records: [], facts });
  corridor.accept({ records: [...records].sort(compareObservations), facts: [] });
  made = { image: [...corridor.judge.image('stop', checksum)], corridor };
  return made;
}

let judge = new ArrayCorridor(rules).judge;

function damagedFor(draw: Draw): { readonly at: number; readonly bytes: Uint8Array } {
  const { image } = imageAtHand();
  const at = draw(image.length);
  const bytes = Buffer.from((image[at] as Piece).bytes);
  if (draw(3) > 0) {
    const words = new Int32Array(Uint8Array.from(bytes).buffer);
    for (let times = 1 + draw(3); times > 0; times--)
      words[draw(words.length)] = pick(draw, [-1, 0x7fff_ffff, -0x8000_0000, 0, 1, draw(70), draw(1 << 30)]);
    return { at, bytes: new Uint8Array(words.buffer) };
  }
  const others = image.map(piece => Buffer.from(piece.bytes));
  return { at, bytes: Uint8Array.from(disturbed(draw, [bytes, ...others])) };
}

/** What judging remembered, damaged, under a checksum that says it is whole. */
export const IMAGE_TARGETS: readonly Target[] = [
  target('memory-image', damagedFor, ({ at, bytes }) => {
    const { image, corridor } = imageAtHand();
    const name = (image[at] as Piece).name;
    const { outcome } = judge.load(image.with(at, { name, bytes }), checksum);
    if (outcome === 'refused')
      return holds(judge.subjects.size === 0, 'a refused image left something behind');
    for (const subject of judge.subjects) judge.freeze(subject);
    judge = corridor.openJudge(rules, 1);
  }),
];
