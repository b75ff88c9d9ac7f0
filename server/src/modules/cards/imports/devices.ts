import type { Registration } from '../../../spine/contribution.ts';
import { FACTS } from '../restrictions.ts';
import { type Cells, refuse } from './cells.ts';
import { importKind } from './import-kind.ts';
import { CARD, CONTRACT, DEVICE_POOL, inPool, known, named, stated } from './registration.ts';

function cardOf(cells: Cells): { kind: string; reference: string } {
  return { kind: CARD, reference: cells.card().key };
}

/** Which device a card is bound to, and between which moments (C-08). */
export const bindingsImport = importKind('bindings', ['iccid', 'imei', 'zone', 'from', 'to'], cells => {
  const card = cardOf(cells);
  const imeis = cells.imeis('imei');
  if (imeis.length === 0) refuse('imei', 'missing');
  const span = cells.span();
  return imeis.map(imei => stated(card, `${FACTS.binding}${imei}`, { imei }, span));
});

/** Pools: the devices of one, the cards in one, or both in a row. */
export const poolsImport = importKind(
  'pools',
  ['pool', 'title', 'imeis', 'iccid', 'zone', 'from', 'to'],
  cells => {
    const pool = { kind: DEVICE_POOL, reference: cells.need('pool') };
    const imeis = cells.imeis('imeis');
    const hasCard = cells.get('iccid') !== undefined;
    if (imeis.length === 0 && !hasCard) refuse('imeis', 'missing, and no iccid either');
    const span = cells.span();
    const title = cells.attributes({ title: 'title' });
    return [
      Object.keys(title).length > 0 ? { do: 'subject', ...pool, attributes: title } : known(pool),
      ...imeis.map(imei => stated(pool, `${FACTS.poolDevice}${imei}`, { imei, pool: pool.reference }, span)),
      ...(hasCard ? [inPool(cardOf(cells), pool, span)] : []),
    ];
  },
);

/**
 * Declared changes of device: within the window another device is no finding. A new device named with it is
 * bound from the window's beginning.
 */
export const swapWindowsImport = importKind(
  'swap-windows',
  ['iccid', 'from', 'to', 'zone', 'imei', 'reason'],
  cells => {
    const card = cardOf(cells);
    const { fromMs, toMs } = cells.span();
    if (fromMs === undefined) return refuse('from', 'missing');
    if (toMs === undefined) return refuse('to', 'missing');
    const body = cells.attributes({ reason: 'reason' });
    return [
      stated(card, FACTS.swapWindow, body, { fromMs, toMs }),
      ...cells.imeis('imei').map(imei => stated(card, `${FACTS.binding}${imei}`, { imei }, { fromMs })),
    ];
  },
);

/**
 * Firmware updates announced in advance, for a contract or one card: within the span a burst of data is no
 * finding.
 */
export const campaignsImport = importKind(
  'campaigns',
  ['contract', 'iccid', 'from', 'to', 'zone', 'reason'],
  cells => spanOf(cells, FACTS.campaign),
);

/** A fact that holds between two moments, of the row's contract or else its card. */
function spanOf(cells: Cells, factKind: string): Registration[] {
  const contract = cells.get('contract');
  const { fromMs, toMs } = cells.span();
  if (fromMs === undefined) return refuse('from', 'missing');
  if (toMs === undefined) return refuse('to', 'missing');
  const whose = contract === undefined ? cardOf(cells) : { kind: CONTRACT, reference: contract };
  return [
    ...(contract === undefined ? [] : [known(whose)]),
    stated(whose, factKind, cells.attributes({ reason: 'reason' }), { fromMs, toMs }),
  ];
}

/**
 * Outages of the network, for a contract or one card: devices that lost it attach again and again, and all at once
 * when it is back, which is no storm of theirs.
 */
export const outagesImport = importKind(
  'outages',
  ['contract', 'iccid', 'from', 'to', 'zone', 'reason'],
  cells => spanOf(cells, FACTS.outage),
);

/** Further identifiers of a card, each between two moments: a second IMSI, a number that changed hands, a platform's own name (C-14). */
export const aliasesImport = importKind(
  'aliases',
  ['iccid', 'iccid_alias', 'imsi', 'msisdn', 'eid', 'provider_sim', 'zone', 'from', 'to'],
  cells => {
    const card = cardOf(cells);
    const span = cells.span();
    const claims = [
      ...cells.claims('iccid', 'iccid_alias'),
      ...cells.claims('imsi', 'imsi'),
      ...cells.claims('msisdn', 'msisdn'),
      ...cells.claims('eid', 'eid'),
      ...cells.providerSims('provider_sim'),
    ];
    if (claims.length === 0) refuse('imsi', 'missing, and no other identifier either');
    return claims.map((claim): Registration => named(card, claim, span));
  },
);
