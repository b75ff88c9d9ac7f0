import { CONTRACT, type Fleet } from './fleet.ts';

/** The fleet as the files an operator would hand over; identifiers are text. */
export interface FleetTables {
  readonly contracts: string;
  readonly cards: string;
  readonly bindings: string;
  readonly swapWindows: string;
  readonly usage: string;
}

/** How the usage table's columns are to be read by the format `generic-csv`. */
export const USAGE_MAPPING = {
  columns: {
    recordId: 'id',
    iccid: 'iccid',
    imei: 'imeisv',
    plmn: 'plmn',
    time: 'time',
    bytesUp: 'bytes_up',
    bytesDown: 'bytes_down',
  },
} as const;

const table = (header: string, rows: readonly (readonly string[])[]): string =>
  `${header}\n${rows.map(row => row.join(',')).join('\n')}${rows.length > 0 ? '\n' : ''}`;

const time = (ms: number): string => new Date(ms).toISOString();

export function tablesOf(fleet: Fleet): FleetTables {
  return {
    contracts: table('contract,regions,cap_bytes', [
      [CONTRACT.name, CONTRACT.mcc, String(CONTRACT.capBytes)],
    ]),
    cards: table(
      'iccid,imsi,msisdn,class,contract',
      fleet.cards.map(card => [card.iccid, card.imsi, card.msisdn, 'public-service', card.contract]),
    ),
    bindings: table(
      'iccid,imei',
      fleet.cards.map(card => [card.iccid, card.imeisv]),
    ),
    swapWindows: table(
      'iccid,from,to',
      fleet.swapWindows.map(window => [window.iccid, time(window.fromMs), time(window.toMs)]),
    ),
    usage: usageTable(fleet.usage),
  };
}

export function usageTable(usage: Fleet['usage']): string {
  return table(
    'id,iccid,imeisv,plmn,time,bytes_up,bytes_down',
    usage.map(r => [r.id, r.iccid, r.imeisv, r.plmn, time(r.atMs), String(r.bytesUp), String(r.bytesDown)]),
  );
}
