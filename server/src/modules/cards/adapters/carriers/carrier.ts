import type {
  Adapter,
  CardPage,
  CardStanding,
  CardUsage,
  CountedDay,
  MeasurePort,
  Order,
  Outcome,
  ProviderDefault,
  ProviderState,
  Submission,
} from '../../../../spine/measures/ports.ts';
import { type Account, accountOf, type Manner } from './account.ts';
import { carrierRefusal, plainWord } from './codes.ts';
import type { Reading, Standing } from './reading.ts';

export interface Task {
  readonly action: string;
  readonly terms: Order['terms'];
  readonly reference: string;
  readonly reading: Reading;
}

/** A carrier's contract, as far as it is spoken. */
export interface Dialect extends Manner {
  readonly secrets: readonly string[];
  /** The deeds that the contract has. */
  readonly actions: readonly string[];
  /** How many days back `cards` reaches; absent where it lists them all. */
  readonly looksBackDays?: number;
  /** How long a reading serves those who only watch; an order reads anew. */
  readonly pollMs: number;
  /** The card, or null when the account has no such card. */
  read(account: Account, reference: string): Promise<Reading | null>;
  /** Hands an order in; their own name for it, or '' where they give none. */
  order(account: Account, task: Task): Promise<{ readonly name: string } | { readonly refused: string }>;
  /** Whether a stopped card is stopped in the way the order names; where there is one way only, it is. */
  isAsOrdered?(reading: Reading, terms: Order['terms']): boolean;
  /** What became of an order they gave a name to, where the contract tells; null leaves it to the card's state. */
  outcome?(account: Account, name: string, reference: string): Promise<Outcome | null>;
  cards?(account: Account, after: string | null): Promise<CardPage>;
  usage?(account: Account, reference: string, reading: Reading): Promise<CardUsage>;
  /** What is counted for the card on each UTC day, both ends included; null where it is not counted. */
  days?(
    account: Account,
    reading: Reading,
    first: string,
    last: string,
  ): Promise<readonly CountedDay[] | null>;
  /** What profiles of the account leave open unless somebody closes it, and closing it. */
  defaults?(account: Account): Promise<readonly ProviderDefault[]>;
  closeDefaults?(account: Account, profile: string): Promise<void>;
}

const WANTED: Readonly<Record<string, Standing>> = {
  suspend: 'restricted',
  resume: 'working',
  terminate: 'ended',
};
/** Holding a card to the slowest there is, and letting it go again. */
const LIMITS: ReadonlySet<string> = new Set(['limit', 'unlimit']);
const ACTIONS: ReadonlySet<string> = new Set([...Object.keys(WANTED), ...LIMITS]);
const MOST_READINGS = 20_000;

/**
 * Makes the port of a carrier that has no keys for repeated orders: what became of an order whose answer was lost is
 * read off the card. Every order is for a state, so an order for a card that is in it already is done, and one that is
 * handed in twice, also by two at once, leaves the card as one does (C-43).
 */
export function carrier(dialect: Dialect): Adapter {
  const port: Adapter = (settings, doors): MeasurePort => {
    const account = accountOf(settings, doors, dialect);
    const { cards, usage, days, defaults, closeDefaults } = dialect;
    return {
      submit: order => submit(dialect, account, order),
      outcome: (providerOrder, reference) => outcome(dialect, account, providerOrder, reference),
      state: (reference, action) => state(dialect, account, reference, action),
      standing: async reference => standingOf(await recent(dialect, account, reference)),
      ...(cards === undefined ? {} : { cards: after => cards(account, after) }),
      ...(defaults === undefined ? {} : { defaults: () => defaults(account) }),
      ...(closeDefaults === undefined
        ? {}
        : { closeDefaults: (profile: string) => closeDefaults(account, profile) }),
      ...(usage === undefined
        ? {}
        : {
            usage: async reference => usage(account, reference, await known(dialect, account, reference)),
          }),
      ...(days === undefined
        ? {}
        : {
            days: async (reference: string, first: string, last: string) => {
              const reading = await recent(dialect, account, reference);
              return reading === null ? null : await days(account, reading, first, last);
            },
          }),
    };
  };
  return Object.assign(port, {
    secrets: dialect.secrets,
    actions: dialect.actions,
    tellsCards: true,
    ...(dialect.days === undefined ? {} : { countsDays: true }),
    ...(dialect.looksBackDays === undefined ? {} : { looksBackDays: dialect.looksBackDays }),
  });
}

function standingOf(reading: Reading | null): CardStanding | null {
  if (reading === null) return null;
  const { word, standing, limited } = reading;
  return { word, standing, ...(limited === undefined ? {} : { limited }) };
}

async function submit(dialect: Dialect, account: Account, order: Order): Promise<Submission> {
  const { action, terms, reference } = order;
  if (!ACTIONS.has(action)) return { taken: false, reason: 'action-not-offered' };
  const reading = await dialect.read(account, reference);
  keep(account, reference, reading);
  if (reading === null) return { taken: false, reason: 'card-unknown-to-provider' };
  const isAsOrdered = action !== 'suspend' || (dialect.isAsOrdered?.(reading, terms) ?? true);
  if (isAt(reading, action) && isAsOrdered) return { taken: true, providerOrder: `already/${action}/` };
  if (LIMITS.has(action) && reading.limited === undefined)
    return { taken: false, reason: 'action-not-offered' };
  if (reading.standing === 'ended') return { taken: false, reason: 'card-ended-at-provider' };
  if (reading.standing === 'idle' || reading.standing === 'unknown')
    return { taken: false, reason: `${reading.standing}-state:${plainWord(reading.word)}` };
  account.readings.delete(reference);
  const answer = await dialect.order(account, { action, terms, reference, reading });
  if ('refused' in answer) {
    // Somebody else's order, or one whose answer was lost, may have come first; contracts refuse what is so already.
    const after = await dialect.read(account, reference);
    keep(account, reference, after);
    if (after !== null && isAt(after, action)) return { taken: true, providerOrder: `already/${action}/` };
    return { taken: false, reason: answer.refused };
  }
  return { taken: true, providerOrder: `ordered/${action}/${answer.name}` };
}

async function outcome(
  dialect: Dialect,
  account: Account,
  providerOrder: string,
  reference: string,
): Promise<Outcome> {
  const [how, action = '', name = ''] = providerOrder.split('/');
  if (name !== '' && dialect.outcome !== undefined) {
    const told = await dialect.outcome(account, name, reference);
    if (told !== null && told.state !== 'done') return told;
  }
  const reading = await recent(dialect, account, reference);
  if (reading === null) return { state: 'queued', reason: 'card-unknown-to-provider' };
  if (isAt(reading, action)) return { state: 'done', already: how === 'already' };
  if (reading.standing === 'unknown')
    return { state: 'queued', reason: `unknown-state:${plainWord(reading.word)}` };
  return { state: 'queued' };
}

/** None of the contracts counts attempts that were turned away: ceasing is shown by the feed alone. */
async function state(
  dialect: Dialect,
  account: Account,
  reference: string,
  action = 'suspend',
): Promise<ProviderState> {
  const reading = await known(dialect, account, reference);
  const { standing, word, limited } = reading;
  const isStopped = standing === 'restricted' || standing === 'ended';
  return {
    restricted: action === 'limit' ? isStopped || limited === true : isStopped,
    sinceMs: reading.sinceMs ?? account.nowMs(),
    refusedAttempts: 0,
    lastRefusedMs: null,
    ...(standing === 'unknown' ? { unclear: `unknown-state:${plainWord(word)}` } : {}),
  };
}

function isAt({ standing, limited }: Reading, action: string): boolean {
  if (standing === 'ended') return action === 'suspend' || action === 'terminate' || action === 'limit';
  if (action === 'limit') return limited === true;
  if (action === 'unlimit') return limited === false;
  return standing === WANTED[action];
}

async function known(dialect: Dialect, account: Account, reference: string): Promise<Reading> {
  const reading = await recent(dialect, account, reference);
  if (reading === null) throw carrierRefusal('provider-card-unknown');
  return reading;
}

async function recent(dialect: Dialect, account: Account, reference: string): Promise<Reading | null> {
  const kept = account.readings.get(reference);
  if (kept !== undefined && account.nowMs() - kept.atMs < dialect.pollMs && account.nowMs() >= kept.atMs)
    return kept.reading;
  const reading = await dialect.read(account, reference);
  keep(account, reference, reading);
  return reading;
}

function keep(account: Account, reference: string, reading: Reading | null): void {
  const { readings } = account;
  readings.delete(reference);
  readings.set(reference, { atMs: account.nowMs(), reading });
  if (readings.size <= MOST_READINGS) return;
  for (const oldest of readings.keys()) {
    readings.delete(oldest);
    break;
  }
}
