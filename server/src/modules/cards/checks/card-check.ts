import { ownCheckFormat } from '../../../spine/own-checks.ts';
import type { KindSchema } from '../../../spine/rules/kind-schema.ts';

export const CARD_CHECK = 'card-check';

/**
 * What the installation's own checks found of a card or of who sells cards. `check` says which of them: `reseller` (a
 * return that differs from what was registered or seen), `drift` (what a provider reports otherwise than it is
 * `wanted`) or `shortfall` (what a provider counts on a `day` and the `source` did not bring); `what` is the difference.
 */
export const cardCheck: KindSchema = {
  kind: CARD_CHECK,
  fields: {
    check: 'string',
    what: 'string',
    reseller: 'string',
    provider: 'string',
    wanted: 'string',
    reported: 'string',
    source: 'string',
    day: 'string',
  },
  counters: [],
};

export const cardCheckFormat = ownCheckFormat(CARD_CHECK);
