import type { Database } from '../../../../kernel/database/transaction.ts';
import { Refusal } from '../../../../kernel/refusal.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../kernel/time.ts';
import type { MeasureCode, ProviderSettings } from '../../../../spine/measures/measure.ts';
import type { AdapterDoors } from '../../../../spine/measures/ports.ts';
import { type Credentials, credentialsOf } from '../../../../spine/measures/providers/credentials.ts';
import { askOutside, type Question, type Reply } from './ask.ts';
import { carrierRefusal } from './codes.ts';
import type { Reading } from './reading.ts';

/** What an account signs its questions with, and until when. */
export interface Pass {
  readonly headers: Readonly<Record<string, string>>;
  /** What goes into each body, where the contract wants it there; made anew for each question. */
  readonly fields?: (nowMs: number) => Readonly<Record<string, string>>;
  /** `Infinity` where there is nothing to renew: what is not let in then has the wrong secret. */
  readonly untilMs: number;
}

export interface Wish {
  readonly method: Question['method'];
  /** Below the address of the provider, beginning with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of path and body: a form (application/x-www-form-urlencoded) to an address of its own, by the same rules. */
  readonly formTo?: { readonly url: string; readonly form: Readonly<Record<string, string>> };
}

/** How a carrier is signed in at, and how it says that a pass is over or that it is asked too often. */
export interface Manner {
  /** The least time between two questions of an account. */
  readonly gapMs: number;
  signIn(ask: (wish: Wish) => Promise<Reply>, secrets: Credentials, nowMs: number): Promise<Pass>;
  isPassOver(reply: Reply): boolean;
  isBusy(reply: Reply): boolean;
}

export interface Account {
  readonly nowMs: () => number;
  /** An answer that is none of: cut off, their own fault, busy, not signed in. */
  call(wish: Wish): Promise<Reply>;
  readonly readings: Map<string, { readonly atMs: number; readonly reading: Reading | null }>;
}

interface Held {
  version: string;
  pass: Pass | null;
  /** Nothing is asked before; set by a 429 and by a refused sign-in. */
  notBeforeMs: number;
  turn: Promise<unknown>;
  readonly readings: Account['readings'];
}

/** Renewed this long before its end, so that none ends on the way. */
const MARGIN_MS = MINUTE_MS;
/** After a refused sign-in: emnify locks an account for five minutes after three of them. */
const REFUSED_REST_MS = 5 * MINUTE_MS;
const BUSY_REST_MS = MINUTE_MS;

const accounts = new WeakMap<Database, Map<string, Held>>();

/**
 * The account of a provider: one question at a time and not too soon after another, signed in when need be and again
 * when the pass is over, at rest while they ask for it. What is shared lives as long as the process; losing it costs a
 * sign-in.
 */
export function accountOf(settings: ProviderSettings, doors: AdapterDoors, manner: Manner): Account {
  const base = settings.url.replace(/\/+$/, '');
  const held = heldOf(doors, base);
  const nowMs = () => doors.clock.now();
  const ask = (wish: Wish, pass: Pass | null) => send(doors, base, wish, pass);

  const passNow = async (): Promise<Pass> => {
    const { version, fields } = await credentialsOf(doors, base);
    if (held.version !== version) Object.assign(held, { version, pass: null, notBeforeMs: 0 });
    if (held.notBeforeMs > nowMs()) throw busy(held, nowMs());
    if (held.pass !== null && held.pass.untilMs - MARGIN_MS > nowMs()) return held.pass;
    try {
      held.pass = await manner.signIn(wish => ask(wish, null), fields, nowMs());
    } catch (cause) {
      held.pass = null;
      if (cause instanceof Refusal && cause.code === 'provider-sign-in-refused')
        held.notBeforeMs = nowMs() + REFUSED_REST_MS;
      throw cause;
    }
    return held.pass;
  };

  const answered = (reply: Reply): Reply => {
    if (manner.isBusy(reply)) {
      held.notBeforeMs = nowMs() + restOf(reply, nowMs());
      throw busy(held, nowMs());
    }
    if (reply.status >= 500) throw carrierRefusal('provider-unreachable', { status: reply.status });
    return reply;
  };

  const refusedNow = (reply: Reply): Refusal => {
    held.pass = null;
    held.notBeforeMs = nowMs() + REFUSED_REST_MS;
    return carrierRefusal('provider-sign-in-refused', { status: reply.status });
  };

  const call = async (wish: Wish): Promise<Reply> => {
    const pass = await passNow();
    const reply = answered(await ask(wish, pass));
    if (!manner.isPassOver(reply)) return reply;
    // A question that was not let in was not carried out: it may be asked again, once.
    held.pass = null;
    if (pass.untilMs === Number.POSITIVE_INFINITY) throw refusedNow(reply);
    const again = answered(await ask(wish, await passNow()));
    if (manner.isPassOver(again)) throw refusedNow(again);
    return again;
  };
  return { nowMs, readings: held.readings, call: wish => inTurn(held, manner.gapMs, () => call(wish)) };
}

function heldOf(doors: AdapterDoors, base: string): Held {
  const ofHouse = accounts.get(doors.database) ?? new Map<string, Held>();
  accounts.set(doors.database, ofHouse);
  const key = `${doors.providerId} ${base}`;
  const held = ofHouse.get(key) ?? {
    version: '',
    pass: null,
    notBeforeMs: 0,
    turn: Promise.resolve(),
    readings: new Map(),
  };
  ofHouse.set(key, held);
  return held;
}

/** One after the other; a fault of one is no other's. */
function inTurn<T>(held: Held, gapMs: number, work: () => Promise<T>): Promise<T> {
  const mine = held.turn.then(work);
  const rest = () => new Promise<void>(resolve => setTimeout(resolve, gapMs));
  held.turn = mine.then(rest, rest);
  return mine;
}

function send(doors: AdapterDoors, base: string, wish: Wish, pass: Pass | null): Promise<Reply> {
  const { outside } = doors;
  const { formTo } = wish;
  if (outside === undefined || outside.faultOf(formTo?.url ?? base) !== null)
    throw new Refusal<MeasureCode>('provider-settings-invalid', { detail: { setting: 'url' } });
  const url = new URL(formTo?.url ?? `${base}${wish.path}`);
  for (const [name, value] of Object.entries(wish.query ?? {})) url.searchParams.set(name, value);
  const { method } = wish;
  const body =
    wish.body === undefined ? {} : { body: { ...wish.body, ...pass?.fields?.(doors.clock.now()) } };
  const headers = { ...wish.headers, ...pass?.headers };
  const form = formTo === undefined ? {} : { form: formTo.form };
  return askOutside({ method, url, headers, ...body, ...form }, address => outside.mayReach(address));
}

/** What `Retry-After` asks for (RFC 9110 §10.2.3, seconds or a date), from a second to an hour; a minute without it. */
function restOf(reply: Reply, nowMs: number): number {
  const text = reply.headers['retry-after'];
  if (text === undefined) return BUSY_REST_MS;
  const wantedMs = /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - nowMs;
  if (Number.isNaN(wantedMs)) return BUSY_REST_MS;
  return Math.min(Math.max(wantedMs, SECOND_MS), HOUR_MS);
}

function busy(held: Held, nowMs: number): Refusal {
  return carrierRefusal('provider-busy', { seconds: Math.ceil((held.notBeforeMs - nowMs) / SECOND_MS) });
}
