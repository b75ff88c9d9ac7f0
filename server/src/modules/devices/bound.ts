import type { DatedFact, FieldType, Terms } from '../../spine/contribution.ts';

/** Dated facts of a device: the card it carries and the modem it has, each from a moment on (I-29). */
export const FACTS = { card: 'carried-card', modem: 'modem' } as const;
/** Declared of a device or of the card it carries: a change is expected meanwhile. */
const SWAP_WINDOW = 'swap-window';

/**
 * Terms that bind a device, as rules see them under `bound`. `carriedCard` is the number of the card without its check
 * digit, `modem` the first 14 digits of an IMEI. A term that nobody stated is absent.
 */
export const boundSchema: Readonly<Record<string, FieldType>> = {
  carriedCard: 'string',
  modem: 'string',
  swapWindow: 'bool',
};

/** The terms in force at a moment, out of a device's own facts and those of the card it carries; a later beginning wins. */
export function boundAt(facts: readonly DatedFact[], atMs: number): Terms {
  const inForce = facts
    .filter(fact => fact.fromMs <= atMs && atMs < fact.toMs)
    .sort((a, b) => (a.fromMs === b.fromMs ? 0 : a.fromMs < b.fromMs ? -1 : 1));
  const own = (kind: string, name: string): string | undefined => {
    const fact = inForce.findLast(each => each.distance === 0 && each.kind === kind);
    const value = fact?.body[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [carriedCard, modem] = [own(FACTS.card, 'iccid'), own(FACTS.modem, 'imei')];
  return {
    ...(carriedCard === undefined ? {} : { carriedCard }),
    ...(modem === undefined ? {} : { modem }),
    swapWindow: inForce.some(each => each.kind === SWAP_WINDOW),
  };
}
