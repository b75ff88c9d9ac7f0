import { ownCheckFormat } from '../../../spine/own-checks.ts';
import type { KindSchema } from '../../../spine/rules/kind-schema.ts';

export const CARD_CHECK = 'card-check';

/**
 * What the installation's own checks found of a card or of who sells cards. `check` says which of them: `reseller` (a
 * return that differs from what was registered or seen), `drift` (a restriction that the provider does not have).
 * `what` is the difference, `term` the restriction, `wanted` and `reported` its two values as text.
 */
export const cardCheck: KindSchema = {
  kind: CARD_CHECK,
  fields: {
    check: 'string',
    what: 'string',
    term: 'string',
    wanted: 'string',
    reported: 'string',
    reseller: 'string',
    contract: 'string',
    provider: 'string',
  },
  counters: [],
};

export const cardCheckFormat = ownCheckFormat(CARD_CHECK);
