import { plainWord } from '../../adapters/carriers/codes.ts';
import { momentOf } from '../../contracts/clauses.ts';
import { isPlain } from '../asked.ts';
import { not } from '../faults.ts';
import { TYPES, typeOf, WHATS, type What } from '../subscriptions/events.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an operator told, as far as it is believed. */
export interface Event {
  readonly what: What | 'subscription-started' | 'subscription-updated' | 'subscription-ended';
  readonly atMs: number;
  /** Why a subscription ended, in their word. */
  readonly reason: string;
  /** The event with the device it is about, which is the watch's where they name none. */
  readonly whole: Fields;
}

const LIFE = ['subscription-started', 'subscription-updated', 'subscription-ended'] as const;
const KINDS = [...WHATS, ...LIFE] as const;
const MOST_TEXT = 2_048;

/**
 * Reads a CloudEvent of the contract (`NotificationEvent`), with distrust, in the sentences of its scenarios. Refuses
 * `camara-argument`, also for an event about another card than the watch's.
 */
export function readEvent(body: unknown, device: Readonly<Record<string, string>>): Event {
  if (!isPlain(body)) throw wrong('Invalid format: event');
  need(body, 'id', 'Id');
  const type = need(body, 'type', 'Type');
  const what = KINDS.find(each => typeOf(each) === type);
  if (what === undefined) throw wrong(`The value of type can only be ${TYPES.join(',')}`);
  need(body, 'source', 'Source');
  if (need(body, 'specversion', 'Specversion') !== '1.0')
    throw wrong('The value of specversion can only be 1.0');
  const atMs = momentOf(need(body, 'time', 'Time'));
  if (atMs === null) throw wrong('Invalid format: time');
  const { data } = body;
  if (data === undefined || data === null) throw wrong('Data must be specified');
  if (!isPlain(data)) throw wrong('Invalid format: data');
  const reason = plainWord(data['terminationReason'] ?? 'ENDED');
  return { what, atMs, reason, whole: { ...body, data: { ...data, device: sameDevice(data, device) } } };
}

/** Records are by the card that was asked for; one that names another number is no answer to it. */
function sameDevice(
  data: Fields,
  device: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const told = data['device'];
  const number = isPlain(told) ? told['phoneNumber'] : undefined;
  if (number !== undefined && number !== device['phoneNumber'])
    throw wrong('The device is not the one of the subscription');
  return device;
}

function need(body: Fields, name: string, word: string): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined || value === null || value === '') throw wrong(`${word} must be specified`);
  if (typeof value !== 'string' || value.length > MOST_TEXT) throw wrong(`Invalid format: ${name}`);
  return value;
}

function wrong(said: string) {
  return not('camara-argument', said);
}
