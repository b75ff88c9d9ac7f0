import { Book, type Card } from './book.ts';
import type { Answer, Behaviour, Carrier, Question } from './door.ts';

/**
 * Stands in for OneLink's interface V5 as contracts/onelink.json has it. The only application is `simulated-appid`
 * with the password `simulated-password`. Every answer is 200; `status` tells. A state is its code: `2` active.
 */
const MOVES: Readonly<Record<string, readonly [from: string, to: string]>> = { 0: ['2', '4'], 1: ['4', '2'] };

export function simulatedOneLink(behaviour: Behaviour, log: { signIns: number; orders: string[] }): Carrier {
  const book = new Book();
  let passes = new Set<string>();

  const token = (query: URLSearchParams): Answer => {
    log.signIns += 1;
    if (query.get('appid') !== 'simulated-appid' || query.get('password') !== 'simulated-password')
      return said('12017', 'not accepted');
    const made = `simulated-token-${log.signIns}`;
    passes.add(made);
    return said('0', 'ok', [{ token: made }]);
  };
  const change = (card: Card, operType: unknown): Answer => {
    const [from, to] = MOVES[String(operType)] ?? [];
    if (to === undefined || from !== card.word) return said('12050', 'the state does not allow it');
    log.orders.push(`${card.iccid} ${to}`);
    book.change(card, to, behaviour.delayMs);
    return said('0', 'ok', [{}]);
  };

  return {
    endPasses: () => {
      passes = new Set();
    },
    setCard: (iccid, word) => book.set(iccid, word),
    stateOf: iccid => book.find(iccid)?.word ?? null,
    isOrder: ({ path }) => path.startsWith('/change/'),
    settle: nowMs => book.settle(nowMs),
    busy: seconds => ({
      status: 429,
      body: { status: '429', message: 'too many', result: [] },
      headers: { 'retry-after': String(seconds) },
    }),
    answer: ({ method, path, query, body }: Question) => {
      if (method === 'GET' && path === '/get/token') return token(query);
      if (!passes.has(String(body['token']))) return said('12021', 'the token is over');
      const card = book.find(String(body['iccid']));
      if (card === undefined) return said('12005', 'no such card');
      if (path === '/query/sim-status') return said('0', 'ok', [{ cardStatus: card.word }]);
      if (path === '/query/sim-data-usage') return said('0', 'ok', [{ dataAmount: '2048.5' }]);
      if (path === '/change/sim-status') return change(card, body['operType']);
      return said('404', 'no such address');
    },
  };
}

function said(status: string, message: string, result: readonly object[] = []): Answer {
  return { status: 200, body: { status, message, result } };
}
