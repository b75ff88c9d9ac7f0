import { expect, it } from 'vitest';
import { boundAt, FACTS } from './bound.ts';

const FOREVER = Number.MAX_SAFE_INTEGER;
const fact = (kind: string, body: object, fromMs = -FOREVER, toMs = FOREVER, distance = 0) => ({
  ...{ kind, fromMs, toMs, distance, body: body as Record<string, unknown> },
  linkKind: distance === 0 ? null : 'carries',
});

it('the card and the modem of a device are those registered last before a moment (I-29)', () => {
  const facts = [
    fact(FACTS.card, { iccid: 'B' }, 100),
    fact(FACTS.card, { iccid: 'A' }),
    fact(FACTS.modem, { imei: 'M' }),
  ];
  expect(boundAt(facts, 99)).toEqual({ carriedCard: 'A', modem: 'M', swapWindow: false });
  expect(boundAt(facts, 100)).toEqual({ carriedCard: 'B', modem: 'M', swapWindow: false });
  expect(boundAt([], 0)).toEqual({ swapWindow: false });
});

it('a change that was declared of the device or of its card is expected for so long', () => {
  const ofCard = [fact('swap-window', {}, 10, 20, 1)];
  expect([9, 10, 19, 20].map(atMs => boundAt(ofCard, atMs)['swapWindow'])).toEqual([
    false,
    true,
    true,
    false,
  ]);
  // What somebody else's fact of the same name says is not the device's own.
  expect(boundAt([fact(FACTS.card, { iccid: 'X' }, 0, 10, 1)], 5)).toEqual({ swapWindow: false });
});
