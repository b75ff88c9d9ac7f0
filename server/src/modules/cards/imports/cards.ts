import type { Registration } from '../../../spine/contribution.ts';
import { FACTS } from '../restrictions.ts';
import { cardRows } from './card-rows.ts';
import type { Cells } from './cells.ts';
import { importKind } from './import-kind.ts';
import { CARD, CONTRACT, DEVICE_POOL, inPool, known, named, stated, under } from './registration.ts';
import { RESTRICTION_COLUMNS, restrictionOf } from './restriction-cells.ts';

/** Columns kept with the card as they were written; figures of a provider may be negative and stay so. */
const ATTRIBUTES = {
  scenario: 'scenario',
  deviceType: 'device_type',
  operator: 'operator',
  channel: 'channel',
  seller: 'seller',
  owner: 'owner',
  providerStatus: 'provider_status',
  opened: 'opened',
  activated: 'activated',
  expires: 'expires',
  imeiNoted: 'imei',
  residualMb: 'residual_mb',
  usedMb: 'used_mb',
  smdpAddress: 'smdp_address',
  isPhysical: 'is_physical',
} as const;
const RESTRICTION: ReadonlySet<string> = new Set(RESTRICTION_COLUMNS);

/**
 * Cards with their identifiers, contract, pool and own restrictions (cards.md §3.19). Lists (`imsi`,
 * `msisdn`, `imeis`, `tacs`, `regions`) are separated by blanks or semicolons. Secrets of a table (activation
 * code, PIN, PUK, QR code) are not taken over (C-32).
 */
export const cardsImport = importKind(
  'cards',
  [
    'iccid',
    'iccid_alias',
    'imsi',
    'msisdn',
    'eid',
    'provider_sim',
    ...RESTRICTION_COLUMNS,
    'contract',
    'pool',
    ...Object.values(ATTRIBUTES).filter(column => !RESTRICTION.has(column)),
    'from',
    'to',
  ],
  readCard,
  { kind: CARD, read: cardRows(ATTRIBUTES) },
);

function readCard(cells: Cells): Registration[] {
  const iccid = cells.card();
  const card = { kind: CARD, reference: iccid.key };
  const span = cells.span();
  const claims = [
    `iccid:${iccid.key}`,
    ...cells.claims('iccid', 'iccid_alias'),
    ...cells.claims('imsi', 'imsi'),
    ...cells.claims('msisdn', 'msisdn'),
    ...cells.claims('eid', 'eid'),
    ...cells.providerSims('provider_sim'),
  ];
  const restriction = restrictionOf(cells);
  return [
    describe(cells, iccid, card),
    ...[...new Set(claims)].map(claim => named(card, claim, claim === `iccid:${iccid.key}` ? {} : span)),
    ...links(cells, card, span),
    ...(Object.keys(restriction).length > 0 ? [stated(card, FACTS.restriction, restriction, span)] : []),
  ];
}

function describe(
  cells: Cells,
  iccid: ReturnType<Cells['card']>,
  card: { kind: string; reference: string },
): Registration {
  const className = cells.get('class');
  const printed = iccid.canonical === iccid.key ? {} : { printed: iccid.canonical };
  const check = { luhn: iccid.luhn };
  const attributes = { ...cells.attributes(ATTRIBUTES), ...printed, ...check };
  return { do: 'subject', ...card, ...(className === undefined ? {} : { class: className }), attributes };
}

function links(
  cells: Cells,
  card: { kind: string; reference: string },
  span: ReturnType<Cells['span']>,
): Registration[] {
  const found: Registration[] = [];
  const contract = cells.get('contract');
  if (contract !== undefined) {
    const to = { kind: CONTRACT, reference: contract };
    found.push(known(to), under(card, to, span));
  }
  const pool = cells.get('pool');
  if (pool !== undefined) {
    const to = { kind: DEVICE_POOL, reference: pool };
    found.push(known(to), inPool(card, to, span));
  }
  return found;
}
