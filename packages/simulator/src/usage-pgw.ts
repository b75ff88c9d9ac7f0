import { CONTEXT, integer, primitive, sequence, UNIVERSAL } from './ber.ts';
import type { Use } from './model.ts';
import type { UsageFile } from './usage-file.ts';

/** TS 32.298: the outer tag of a packet gateway's record, its type, and the universal tag of a sequence. */
const [PGW_RECORD, PGW_TYPE, SEQUENCE] = [79, 85, 16];
const NODE = 'pgw-1';
const EUTRAN = 6;
/** TS 32.297 §6.1.1: octets of a file's head without filters, the release that heads name, and BER as encoding. */
const HEAD_BYTES = 52;
const RELEASE = 0xa0 | 2;
const BER_OF_PGW = (1 << 5) | 7;
/** A length and a count that the file, written as it comes, does not know yet (§6.1.1.1). */
const UNKNOWN = 0xff_ff_ff_ff;
const DAY_PLACES = 10_000;

/** Years have two digits there. */
const FIRST_YEAR_MS = Date.UTC(2000, 0, 1);

/** Whether a packet gateway can tell the record: data with its own share, opened at a whole second. */
export function isBearer(use: Use): boolean {
  const isOwn = use.session === '' && use.event === 'event' && use.service === 'data';
  return isOwn && use.statedMs !== null && use.statedMs >= FIRST_YEAR_MS && use.statedMs % 1000 === 0;
}

/**
 * A file of TS 32.297 with a record of TS 32.298 for each use: a card keeps one bearer, whose charging id is the card's
 * number, and each record is a part of it. What closed a part is not said, so that it is observed at its opening.
 *
 * It tells no place, no messages counted with data, and nothing of where a flow went.
 */
export class PgwFile implements UsageFile {
  readonly #number: number;

  /** `number` counts the node's files from 1. */
  constructor(number: number) {
    this.#number = number;
  }

  head(): Buffer {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(UNKNOWN, 0);
    head.writeUInt32BE(HEAD_BYTES, 4);
    head[8] = RELEASE;
    head[9] = RELEASE;
    head.writeUInt32BE(UNKNOWN, 18);
    head.writeUInt32BE(this.#number, 22);
    return head;
  }

  record(use: Use): Buffer {
    const record = recordOf(use);
    const head = Buffer.alloc(4);
    head.writeUInt16BE(record.length, 0);
    head[2] = RELEASE;
    head[3] = BER_OF_PGW;
    return Buffer.concat([head, record]);
  }

  tail(): string {
    return '';
  }
}

function recordOf(use: Use): Buffer {
  const opened = stamp(use.statedMs as number);
  const [, day = '0', place = '0'] = use.id.split('-');
  const part = (tag: number, value: number): Buffer => integer(tag, value, CONTEXT);
  const volumes = [
    ...(use.bytesUp < 0 ? [] : [part(3, use.bytesUp)]),
    ...(use.bytesDown < 0 ? [] : [part(4, use.bytesDown)]),
  ];
  const container = sequence(SEQUENCE, [...volumes, primitive(6, opened, CONTEXT)], UNIVERSAL);
  const parts = [
    part(0, PGW_TYPE),
    primitive(3, packed(use.card.imsi), CONTEXT),
    part(5, use.card.index + 1),
    primitive(7, Buffer.from('iot.example'), CONTEXT),
    ...(volumes.length === 0 ? [] : [sequence(12, [container], CONTEXT)]),
    primitive(13, opened, CONTEXT),
    ...(use.durationSeconds < 0 ? [] : [part(14, use.durationSeconds)]),
    primitive(18, Buffer.from(NODE), CONTEXT),
    part(20, Number(day) * DAY_PLACES + Number(place) + 1),
    primitive(22, Buffer.concat([Buffer.of(0x91), packed(use.card.msisdn)]), CONTEXT),
    ...(use.plmn === '' ? [] : [primitive(27, network(use.plmn), CONTEXT)]),
    ...(use.imeisv === '' ? [] : [primitive(29, packed(use.imeisv), CONTEXT)]),
    part(30, EUTRAN),
  ];
  return sequence(PGW_RECORD, parts, CONTEXT);
}

/** Digits packed from the low nibble, an odd number filled up with F (TBCD). */
function packed(digits: string): Buffer {
  const even = digits.length % 2 === 0 ? digits : `${digits}f`;
  return Buffer.from(even.replace(/(.)(.)/g, '$2$1'), 'hex');
}

/** A network in three octets (TS 24.008 §10.5.1.13). */
function network(plmn: string): Buffer {
  const [a, b, c, d, e, f = 'f'] = plmn;
  return Buffer.from(`${b}${a}${f}${c}${e}${d}`, 'hex');
}

/** `YYMMDDhhmmss+hhmm` in nine octets (TS 32.298, TimeStamp), in China. */
function stamp(ms: number): Buffer {
  const local = new Date(ms + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(2, 14);
  return Buffer.from(`${local}2b0800`, 'hex');
}
