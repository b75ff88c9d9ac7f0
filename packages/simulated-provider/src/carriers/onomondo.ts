import { Book, type Card } from './book.ts';
import type { Answer, Behaviour, Carrier, Question } from './door.ts';

/**
 * Stands in for Onomondo's API as contracts/onomondo.json has it. The only API key is `simulated-api-key`. Every SIM
 * begins with a data limit of 10 GB a month, as there.
 */
const KEY = 'simulated-api-key';
const DEFAULT_BYTES = 10_000_000_000;
const LEAST_BYTES = 500_000;
const MOST_PER_PAGE = 1_000;
const WORDS = { true: 'activated', false: 'deactivated' } as const;

export function simulatedOnomondo(behaviour: Behaviour, log: { orders: string[] }): Carrier {
  const book = new Book();
  const limits = new Map<string, number>();
  const show = (card: Card) => ({ ...listed(card), data_limit: limit(limits.get(card.iccid)) });

  const page = (query: URLSearchParams): Answer => {
    const limitOfPage = Number(query.get('limit') ?? MOST_PER_PAGE);
    if (!(limitOfPage >= 1 && limitOfPage <= MOST_PER_PAGE))
      return { status: 400, body: fault('limit_invalid') };
    const after = Buffer.from(query.get('next_page') ?? '', 'base64').toString();
    const from = book.cards.findIndex(card => after === '' || idOf(card) > after);
    const cards = from < 0 ? [] : book.cards.slice(from, from + limitOfPage);
    const last = cards.at(-1);
    const isLast = last === undefined || last === book.cards.at(-1);
    const next = isLast ? null : Buffer.from(idOf(last)).toString('base64');
    return {
      status: 200,
      body: {
        count: cards.length,
        limit: limitOfPage,
        offset: 0,
        total: book.cards.length,
        sims: cards.map(listed),
        pagination: { next_page: next },
      },
    };
  };

  const patch = (card: Card, { activated, data_limit: wanted, ...others }: Question['body']): Answer => {
    if (Object.keys(others).length > 0) return { status: 400, body: fault('parameter_unknown') };
    if (wanted !== undefined) {
      const { type, total } = wanted as { type?: unknown; total?: unknown };
      if (type !== 'monthly' || !Number.isSafeInteger(total) || (total as number) < LEAST_BYTES)
        return { status: 400, body: fault('data_limit_invalid') };
      log.orders.push(`${card.iccid} ${total}`);
      limits.set(card.iccid, total as number);
    }
    if (activated !== undefined) {
      if (typeof activated !== 'boolean') return { status: 400, body: fault('activated_invalid') };
      const word = WORDS[`${activated}`];
      log.orders.push(`${card.iccid} ${word}`);
      book.change(card, word, behaviour.delayMs);
    }
    return { status: 200, body: show(card) };
  };

  return {
    endPasses: () => {},
    setCard: (iccid, word) => book.set(iccid, word),
    stateOf: iccid => book.find(iccid)?.word ?? null,
    isOrder: ({ method }) => method === 'PATCH',
    settle: nowMs => book.settle(nowMs),
    busy: seconds => ({
      status: 429,
      body: fault('too_many_requests'),
      headers: { 'retry-after': String(seconds) },
    }),
    answer: ({ method, path, query, headers, body }) => {
      if (headers.authorization !== KEY) return { status: 401, body: fault('unauthorized') };
      if (method === 'GET' && path === '/sims') return page(query);
      const [, name] = /^\/sims\/(\d+)$/.exec(path) ?? [];
      const card = book.cards.find(each => idOf(each) === name || each.iccid === name);
      if (card === undefined) return { status: 404, body: fault('sim_not_found') };
      return method === 'PATCH' ? patch(card, body) : { status: 200, body: show(card) };
    },
  };
}

const idOf = ({ no }: Card): string => String(no).padStart(9, '0');

/** A SIM as the list has it: without its data limit. */
function listed(card: Card) {
  return {
    id: idOf(card),
    iccid: card.iccid,
    label: null,
    network_whitelist: null,
    imei_lock: null,
    connector: null,
    activated: card.word === 'activated',
    ipv4: '100.66.131.197',
    online: false,
    online_at: null,
    last_came_online_at: null,
    network: { name: null, country: null, country_code: null, mcc: null, mnc: null },
    usage: 23_456,
    tags: [],
  };
}

function limit(total = DEFAULT_BYTES) {
  const [period, resets] = ['202611', '2026-12-01T00:00:00.000Z'];
  return { used: 23_456, total, type: 'monthly', period, alert_threshold: null, resets_at: resets };
}

function fault(error: string) {
  return { error };
}
