import { CLOSE, characters, digits, integer, opening, sequence } from './ber.ts';
import type { Use } from './model.ts';
import { number32 } from './numbers.ts';
import { HOUR_MS } from './plan.ts';
import type { UsageFile } from './usage-file.ts';

const RECIPIENT = 'CHNHM';
/** Times are China's, by a code that the head resolves. */
const OFFSET = { code: 1, text: '+0800', ms: 8 * HOUR_MS } as const;
const SPECIFICATION = 3;
const RELEASE = 12;
/** Tele-services of 3GPP TS 22.003 §A.1. */
const TELEPHONY = '11';
const EMERGENCY_CALL = '12';
const MESSAGE_TO_CARD = '21';
const MESSAGE_FROM_CARD = '22';
const EMERGENCY_NUMBERS: readonly string[] = ['110', '112', '119', '120', '122'];
/** The one switch of every network. */
const ENTITY = 1;
/** Units of the currency are charged for every so many octets. */
const CHARGED_BYTES = 1_000_000;
const COUNTRY_LETTERS: Readonly<Record<string, string>> = {
  '460': 'CHN',
  '452': 'VNM',
  '414': 'MMR',
  '250': 'RUS',
  '525': 'SGP',
};

/** Whether TAP can tell the record: what was used and is paid for, with its own share. */
export function isCharged(use: Use): boolean {
  return use.session === '' && use.event === 'event';
}

/** The code of the visited network: letters of its country, and in place of the operator's its MNC. */
export function tadigOf({ plmn }: Use): string {
  return `${COUNTRY_LETTERS[plmn.slice(0, 3)] ?? 'AAZ'}${plmn.slice(3).slice(-2)}`;
}

/**
 * A transfer batch of TAP 3.12 (GSMA TD.57) from one visited network, written as its events come: its lengths
 * are left open, and its audit part tells what was written.
 *
 * TAP tells neither the country, which the network's code stands for, nor places, nor messages counted with data.
 */
export class TapFile implements UsageFile {
  readonly #sender: string;
  readonly #number: string;
  readonly #availableMs: number;
  #count = 0;
  #charge = 0;
  #earliestMs = Number.POSITIVE_INFINITY;
  #latestMs = Number.NEGATIVE_INFINITY;

  /** `number` counts the sender's files from 1; the file became available at `availableMs`. */
  constructor(sender: string, number: number, availableMs: number) {
    this.#sender = sender;
    this.#number = String(number).padStart(5, '0');
    this.#availableMs = availableMs;
  }

  head(): Buffer {
    const stamp = (tag: number): Buffer => withOffset(tag, this.#availableMs);
    return Buffer.concat([
      opening(1),
      sequence(4, [
        characters(196, this.#sender),
        characters(182, RECIPIENT),
        characters(109, this.#number),
        stamp(108),
        stamp(227),
        stamp(107),
        integer(201, SPECIFICATION),
        integer(189, RELEASE),
      ]),
      sequence(5, [characters(135, 'SDR'), integer(244, 3)]),
      sequence(6, [
        sequence(234, [sequence(233, [integer(232, OFFSET.code), characters(231, OFFSET.text)])]),
      ]),
      opening(3),
    ]);
  }

  record(use: Use): Buffer {
    this.#count += 1;
    const charge = Math.ceil((Math.max(0, use.bytesUp) + Math.max(0, use.bytesDown)) / CHARGED_BYTES);
    this.#charge += charge;
    if (use.statedMs !== null) {
      this.#earliestMs = Math.min(this.#earliestMs, use.statedMs);
      this.#latestMs = Math.max(this.#latestMs, use.statedMs);
    }
    return use.service === 'data' ? dataEvent(use, charge) : callEvent(use, charge);
  }

  tail(): Buffer {
    const range =
      this.#earliestMs > this.#latestMs
        ? []
        : [withOffset(101, this.#earliestMs), withOffset(133, this.#latestMs)];
    const audit = sequence(15, [...range, integer(415, this.#charge), integer(43, this.#count)]);
    return Buffer.concat([CLOSE, audit, CLOSE]);
  }
}

function dataEvent(use: Use, charge: number): Buffer {
  return sequence(14, [
    sequence(114, [
      sequence(115, [subscriber(use)]),
      sequence(116, [characters(261, 'iot.example')]),
      ...started(use),
      integer(72, number32(use.id)),
    ]),
    ...equipment(use),
    sequence(121, [
      ...(use.bytesUp < 0 ? [] : [integer(250, use.bytesUp)]),
      ...(use.bytesDown < 0 ? [] : [integer(251, use.bytesDown)]),
      charges(charge),
    ]),
  ]);
}

/** A call or short message, from the card or to it. */
function callEvent(use: Use, charge: number): Buffer {
  const isToCard = use.direction === 'mt';
  const peer = use.peer === '' ? [] : [sequence(isToCard ? 41 : 89, [number(use, isToCard)])];
  return sequence(isToCard ? 10 : 9, [
    sequence(isToCard ? 153 : 147, [subscriber(use), ...peer, ...started(use)]),
    sequence(138, [sequence(156, [integer(184, ENTITY), characters(45, reference(use))])]),
    ...equipment(use),
    sequence(38, [
      sequence(39, [sequence(36, [sequence(426, [characters(218, teleCode(use))])]), charges(charge)]),
    ]),
  ]);
}

/** Of a message the number is written in characters, of a call in packed digits. */
function number(use: Use, isToCard: boolean): Buffer {
  if (use.service === 'sms') return characters(isToCard ? 425 : 419, use.peer);
  return digits(isToCard ? 405 : 407, use.peer);
}

/** What the switch calls the call by: octets, at most eight. */
const reference = (use: Use): string => number32(use.id).toString(16).padStart(8, '0');

function teleCode(use: Use): string {
  if (use.service === 'sms') return use.direction === 'mt' ? MESSAGE_TO_CARD : MESSAGE_FROM_CARD;
  const isEmergency = use.peerKind === 'emergency' || EMERGENCY_NUMBERS.includes(use.peer);
  return isEmergency ? EMERGENCY_CALL : TELEPHONY;
}

const subscriber = (use: Use): Buffer => sequence(427, [sequence(199, [digits(129, use.card.imsi)])]);
const equipment = (use: Use): Buffer[] =>
  use.imeisv === '' ? [] : [sequence(429, [digits(128, use.imeisv)])];
const charges = (charge: number): Buffer =>
  sequence(70, [sequence(69, [sequence(64, [sequence(63, [characters(71, '00'), integer(62, charge)])])])]);

function started(use: Use): Buffer[] {
  const seconds = use.service === 'voice' ? use.voiceSeconds : use.durationSeconds;
  const stamp =
    use.statedMs === null
      ? []
      : [sequence(44, [characters(16, local(use.statedMs)), integer(232, OFFSET.code)])];
  return [...stamp, ...(seconds < 0 ? [] : [integer(223, seconds)])];
}

function withOffset(tag: number, ms: number): Buffer {
  return sequence(tag, [characters(16, local(ms)), characters(231, OFFSET.text)]);
}

/** `YYYYMMDDhhmmss` in China. */
function local(ms: number): string {
  return new Date(ms + OFFSET.ms).toISOString().replace(/\D/g, '').slice(0, 14);
}
