import { context, sequence } from './ber-encode.ts';

/** Records and files of packet gateways of our own making, for tests. */
export interface MadeCdr {
  readonly imsi?: string;
  readonly imei?: string;
  readonly sequence?: number;
  readonly opened?: string;
  readonly offset?: string;
  readonly traffic?: readonly (readonly [up: bigint | number | null, down: bigint | number | null])[];
  readonly service?: readonly (readonly [up: number, down: number])[];
  readonly place?: string;
  readonly cause?: number;
  readonly tag?: number;
  readonly isIndefinite?: boolean;
}

/** Digits packed from the low nibble. */
export function tbcd(digits: string): Buffer {
  const even = digits.length % 2 === 0 ? digits : `${digits}f`;
  return Buffer.from(even.replace(/(.)(.)/g, '$2$1'), 'hex');
}

export function integer(tag: number, value: bigint | number): Buffer {
  const wanted = BigInt(value);
  let size = 1;
  while (wanted < -(1n << BigInt(8 * size - 1)) || wanted >= 1n << BigInt(8 * size - 1)) size += 1;
  return context(
    tag,
    Buffer.from(
      BigInt.asUintN(8 * size, wanted)
        .toString(16)
        .padStart(2 * size, '0'),
      'hex',
    ),
  );
}

/** `260301150800` and `+0200`. */
function stamp(tag: number, local: string, offset: string): Buffer {
  const sign = offset.startsWith('-') ? '2d' : '2b';
  return context(tag, Buffer.from(local + sign + offset.slice(1), 'hex'));
}

export function pgwRecord(made: MadeCdr = {}): Buffer {
  const {
    imsi = '262011234567890',
    imei = '3575200742653301',
    opened = '260301150800',
    offset = '+0200',
  } = made;
  const traffic = (made.traffic ?? []).map(([up, down]) =>
    sequence([
      ...(up === null ? [] : [integer(3, up)]),
      ...(down === null ? [] : [integer(4, down)]),
      integer(5, 2),
      stamp(6, opened, offset),
    ]),
  );
  const service = (made.service ?? []).map(([up, down]) =>
    sequence([
      integer(1, 10),
      context(8, Buffer.from([4, 0x08, 0, 0])),
      integer(12, up),
      integer(13, down),
      stamp(14, opened, offset),
    ]),
  );
  const { place = '1862f210013a62f21001387e81' } = made;
  return context(
    made.tag ?? 79,
    [
      integer(0, 85),
      context(3, tbcd(imsi)),
      context(4, [context(0, Buffer.from([10, 0, 0, 1]))]),
      integer(5, 4_000_000_001),
      context(6, [context(0, Buffer.from([10, 0, 0, 2]))]),
      context(7, Buffer.from('Meter.Example')),
      ...(traffic.length > 0 ? [context(12, traffic)] : []),
      stamp(13, opened, offset),
      integer(14, 600),
      integer(15, made.cause ?? 0),
      context(18, Buffer.from('pgw-1')),
      integer(20, made.sequence ?? 1),
      context(22, Buffer.concat([Buffer.from([0x91]), tbcd('4915112345678')])),
      context(23, Buffer.from('0800', 'hex')),
      context(27, Buffer.from('62f210', 'hex')),
      context(29, tbcd(imei)),
      integer(30, 6),
      context(32, Buffer.from(place, 'hex')),
      ...(service.length > 0 ? [context(34, service)] : []),
      context(35, [Buffer.from([0x0a, 1, 2])]),
      stamp(38, opened, offset),
    ],
    made.isIndefinite === true ? 'indefinite' : 'definite',
  );
}

interface MadeFile {
  readonly count?: number;
  readonly lost?: number;
  readonly reason?: number;
  readonly encoding?: number;
  readonly isLong?: boolean;
  readonly filter?: string;
}

/** A file of TS 32.297 of these records; `isLong` has the heads of releases from 10 on. */
export function cdrFile(records: readonly Buffer[], made: MadeFile = {}): Buffer {
  const release = made.isLong === true ? 0xe0 | 2 : 0xa0 | 2;
  const bodies = records.map(record => {
    const head = Buffer.alloc(made.isLong === true ? 5 : 4);
    head.writeUInt16BE(record.length, 0);
    head[2] = release;
    head[3] = ((made.encoding ?? 1) << 5) | 7;
    return Buffer.concat([head, record]);
  });
  const filter = Buffer.from(made.filter ?? '', 'latin1');
  const headBytes = 52 + filter.length + (made.isLong === true ? 2 : 0);
  const head = Buffer.alloc(headBytes);
  const length = headBytes + bodies.reduce((sum, body) => sum + body.length, 0);
  head.writeUInt32BE(length, 0);
  head.writeUInt32BE(headBytes, 4);
  head[8] = release;
  head[9] = release;
  head.writeUInt32BE(((3 << 28) | (2 << 23) | (9 << 18) | (30 << 12) | (1 << 11) | (2 << 6)) >>> 0, 10);
  head.writeUInt32BE(made.count ?? records.length, 18);
  head.writeUInt32BE(17, 22);
  head[26] = made.reason ?? 0;
  head[47] = made.lost ?? 0;
  head.writeUInt16BE(filter.length, 48);
  filter.copy(head, 50);
  return Buffer.concat([head, ...bodies]);
}

/** What the sample file holds: a bearer in two parts, volumes by service only, and one of another network. */
export function samplePgwFile(): Buffer {
  return cdrFile([
    pgwRecord({ sequence: 1, cause: 16, traffic: [[1_200, 2_200_000_000]] }),
    pgwRecord({
      sequence: 2,
      traffic: [
        [300, 400],
        [5, null],
      ],
      service: [
        [300, 400],
        [5, 0],
      ],
    }),
    pgwRecord({
      imsi: '310260123456789',
      imei: '3565107219683023',
      sequence: 3,
      service: [
        [7, 8],
        [9, 10],
      ],
      offset: '-0530',
      place: '1813006200011300620a000001',
    }),
  ]);
}
