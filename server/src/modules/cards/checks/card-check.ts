import { ownCheckFormat } from '../../../spine/own-checks.ts';
import type { KindSchema } from '../../../spine/rules/kind-schema.ts';

export const CARD_CHECK = 'card-check';

/**
 * What the installation's own checks found of a card, of who sells cards, of a provider or of a maker. `check` says
 * which of them: `reseller` (a return that differs from what was registered or seen), `drift` (what a provider reports
 * otherwise than it is `wanted`), `shortfall` (what a provider counts on a `day` and the `source` did not bring) or
 * `duplicate-imei` (several boards bear one IMEI); `what` is the difference.
 *
 * Of a duplicate, `cards` are the ICCIDs with blanks between them, `places` the number of cells they were in, `from` and
 * `to` the first and last record it rests on, `maker` is `unknown` where no list and no register names one.
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
    imei: 'string',
    tac: 'string',
    maker: 'string',
    cards: 'string',
    places: 'string',
    from: 'string',
    to: 'string',
    source: 'string',
    day: 'string',
  },
  counters: [],
};

export const cardCheckFormat = ownCheckFormat(CARD_CHECK);
