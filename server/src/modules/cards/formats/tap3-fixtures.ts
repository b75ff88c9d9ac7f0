import { application } from './ber-encode.ts';

/** Small TAP files of our own making, for tests. */
type Form = 'definite' | 'indefinite';

export function text(tag: number, value: string): Buffer {
  return application(tag, Buffer.from(value, 'latin1'));
}

export function int(tag: number, value: bigint | number): Buffer {
  const wanted = BigInt(value);
  let size = 1;
  while (wanted < -(1n << BigInt(8 * size - 1)) || wanted >= 1n << BigInt(8 * size - 1)) size += 1;
  const digits = BigInt.asUintN(8 * size, wanted)
    .toString(16)
    .padStart(2 * size, '0');
  return application(tag, Buffer.from(digits, 'hex'));
}

export function bcd(tag: number, digits: string): Buffer {
  return application(tag, Buffer.from(digits.length % 2 === 0 ? digits : `${digits}f`, 'hex'));
}

const stamp = (tag: number, local: string, offset: string): Buffer =>
  application(tag, [text(16, local), text(231, offset)]);
const coded = (tag: number, local: string, code: number): Buffer =>
  application(tag, [text(16, local), int(232, code)]);

export function gprsCall(options: {
  imsi?: string;
  local?: string;
  code?: number;
  incoming?: bigint | number;
  outgoing?: bigint | number;
  imei?: string;
  chargingId?: number;
  charge?: number;
  rap?: string;
  form?: Form;
}): Buffer {
  const { imsi = '262011234567890', local = '20260301150800', code = 1, incoming, outgoing, form } = options;
  const { chargingId, charge = 100, rap } = options;
  const volumes = [
    ...(incoming === undefined ? [] : [int(250, incoming)]),
    ...(outgoing === undefined ? [] : [int(251, outgoing)]),
    application(70, [
      application(69, [application(64, [application(63, [text(71, '00'), int(62, charge)])])]),
    ]),
  ];
  const basic = [
    application(115, [application(427, [application(199, [bcd(129, imsi)])])]),
    ...(rap === undefined ? [] : [text(181, rap)]),
    application(116, [text(261, 'Meter.Example')]),
    coded(44, local, code),
    int(223, 500),
    ...(chargingId === undefined ? [] : [int(72, chargingId)]),
  ];
  const equipment = options.imei === undefined ? [] : [bcd(128, options.imei)];
  return application(14, [application(114, basic), ...equipment, application(121, volumes)], form);
}

export function call(tag: 9 | 10, teleService: string, local = '20260301140342', reference?: string): Buffer {
  const subscriber = application(427, [application(199, [bcd(129, '310260123456789')])]);
  const place = application(138, [
    application(156, [
      int(184, 1),
      ...(reference === undefined ? [] : [application(45, Buffer.from(reference, 'hex'))]),
      int(136, 3505),
      int(59, 7182),
    ]),
  ]);
  const service = application(36, [application(426, [text(218, teleService)])]);
  return application(tag, [
    application(tag === 9 ? 147 : 153, [subscriber, coded(44, local, 2), int(223, 153)]),
    place,
    application(38, [application(39, [service])]),
  ]);
}

export function transferBatch(
  events: readonly Buffer[],
  options: {
    count?: number;
    charge?: number;
    release?: number;
    form?: Form;
    tail?: readonly Buffer[];
    file?: string;
    /** Codes of the offsets +0200 and -0530. */
    codes?: readonly [number, number];
  } = {},
): Buffer {
  const { count = events.length, charge = 0, release = 12, form, file = '00007', codes = [1, 2] } = options;
  const now = stamp(108, '20260302000000', '+0000');
  const control = [
    text(196, 'AAA01'),
    text(182, 'BBB02'),
    text(109, file),
    now,
    int(201, 3),
    int(189, release),
  ];
  const offset = (code: number, value: string): Buffer =>
    application(233, [int(232, code), text(231, value)]);
  const network = [application(234, [offset(codes[0], '+0200'), offset(codes[1], '-0530')])];
  const audit = [
    stamp(101, '20260301000000', '+0000'),
    stamp(133, '20260302000000', '+0000'),
    int(415, charge),
    int(43, count),
  ];
  const parts = [
    application(4, control),
    application(6, network),
    application(3, events, form),
    application(15, audit),
    ...(options.tail ?? []),
  ];
  return application(1, parts, form);
}
