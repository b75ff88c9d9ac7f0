import type { Desk } from '../desk.ts';
import { UsageFault } from '../shell.ts';

/** What an order and a proposal say besides the kind: `--provider` and `--terms`. */

export function providerOf(desk: Desk, provider: string | undefined): { providerId?: number } {
  if (provider === undefined) return {};
  if (!/^[1-9]\d{0,14}$/.test(provider)) throw new UsageFault(desk.say('measures.bad-provider'));
  return { providerId: Number(provider) };
}

export function termsOf(desk: Desk, text: string): unknown {
  try {
    const terms: unknown = JSON.parse(text);
    if (typeof terms === 'object' && terms !== null && !Array.isArray(terms)) return terms;
  } catch {
    // Told below, like any other text that is no object.
  }
  throw new UsageFault(desk.say('measures.bad-terms'));
}
