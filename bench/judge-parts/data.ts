/** A day and a half of use as CSV, with planted misuse: what every side reads and judges. */

export interface Plan {
  readonly records: number;
  readonly cards: number;
}

export const HEADER = 'iccid,imei,mcc,peer,time,bytes_up,bytes_down,lat,lon';
export const START_MS = Date.UTC(2026, 2, 1, 6);
const SPAN_MS = 30 * 3_600_000;

/** Terms of a card, by the last digit of its ICCID. */
export const TERMS = Array.from({ length: 10 }, (_, digit) => ({
  mccs: digit === 3 ? ['460', '454'] : ['460'],
  peers: ['home', 'update'],
  dayCap: 40_000 + digit * 1_000,
  monthCap: 60_000 + digit * 1_000,
  mean: 600,
  deviation: 700,
}));

const HOUR_MS = 3_600_000;

/** Rows in the order of time, then of cards; times of one card never meet. */
export function csvOf({ records, cards }: Plan): Buffer {
  const perCard = Math.floor(records / cards);
  const rows: [number, string][] = [];
  let luck = 12_345;
  const below = (n: number): number => {
    luck = (Math.imul(luck, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((luck / 0x8000_0000) * n);
  };
  for (let card = 0; card < cards; card += 1) {
    const iccid = `8986011${String(card).padStart(12, '0')}`;
    const plant = card % 97 === 0 ? 1 + (Math.floor(card / 97) % 12) : 0;
    const lat = 30_000_000 + below(2_000_000);
    const lon = 110_000_000 + below(8_000_000);
    const stepMs = SPAN_MS / perCard;
    for (let k = 0; k < perCard; k += 1) {
      let atMs = START_MS + Math.floor(k * stepMs + below(1000) * (stepMs / 1100)) * 1;
      let device = 0;
      let mcc = '460';
      let peer = below(9) === 0 ? 'update' : 'home';
      let up = 100 + below(900);
      let down = 100 + below(900);
      let [y, x] = [lat, lon];
      const isLater = k > perCard / 2;
      if (plant === 1 && isLater) device = 1;
      if (plant === 2) device = k % 2;
      if (plant === 3 && isLater) mcc = '454';
      if (plant === 4) atMs = START_MS + 9 * HOUR_MS + k * 20_000;
      if (plant === 5 && isLater) [up, down] = [9_000, 4_000];
      if (plant === 6) [up, down] = [3_900, 3_000];
      if (plant === 7 && k === perCard - 2) [y, x] = [lat + 9_000_000, lon + 9_000_000];
      if (plant === 8) {
        peer = `p${k % 11}`;
        atMs = START_MS + 20 * HOUR_MS + k * 60_000;
      }
      if (plant === 9 && k === 3) peer = 'elsewhere';
      if (plant === 10) down = 5;
      if (plant === 11 && isLater) atMs += 12 * HOUR_MS;
      if (plant === 12 && k === 2) up = 12_000;
      const imei = `8699${String(1000 + (card % 10))}${String(card % 1_000_000).padStart(5, '0')}${device}`;
      // Some records state no device, no place or no network.
      const isBare = below(12) === 0;
      const fields = isBare
        ? `,,${peer},${atMs},${up},${down},,`
        : `${imei},${mcc},${peer},${atMs},${up},${down},${y},${x}`;
      rows.push([atMs, `${iccid},${fields}`]);
    }
  }
  rows.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
  return Buffer.from(`${HEADER}\n${rows.map(row => row[1]).join('\n')}\n`);
}

/** Hits of one side: for each rule how many, and a sum over the numbers of the records that fired. */
export interface Hits {
  readonly counts: number[];
  readonly sums: number[];
}

export function openHits(rules: number): Hits {
  return { counts: Array(rules).fill(0), sums: Array(rules).fill(0) };
}

export function hit(hits: Hits, rule: number, record: number): void {
  hits.counts[rule] = (hits.counts[rule] as number) + 1;
  hits.sums[rule] = ((hits.sums[rule] as number) + record * 31) % 1_000_000_007;
}
