import { Book, type Card } from './book.ts';
import type { Answer, Behaviour, Carrier, Question } from './door.ts';

/**
 * Stands in for Soracom's API v1 as contracts/soracom.json has it, below `/v1`. The only AuthKey is
 * `keyId-simulated` with `secret-simulated`.
 */
const DEEDS: Readonly<Record<string, string>> = {
  suspend: 'suspended',
  deactivate: 'inactive',
  activate: 'active',
  terminate: 'terminated',
};

export function simulatedSoracom(behaviour: Behaviour, log: { signIns: number; orders: string[] }): Carrier {
  const book = new Book();
  const speeds = new Map<string, string>();
  const days = new Map<string, Map<string, { readonly tx: number; readonly rx: number }>>();
  const show = (card: Card) => shown(card, speeds.get(card.iccid) ?? 's1.fast');
  let passes = new Map<string, string>();

  const authenticate = (body: Question['body']): Answer => {
    log.signIns += 1;
    if (body['authKeyId'] !== 'keyId-simulated' || body['authKey'] !== 'secret-simulated')
      return { status: 401, body: fault('AUM0003', 'not accepted') };
    const [apiKey, token] = [`api-simulated-${log.signIns}`, `token-simulated-${log.signIns}`];
    passes.set(apiKey, token);
    return { status: 200, body: { apiKey, operatorId: 'OP0000000001', token } };
  };
  const page = (cards: readonly Card[], query: URLSearchParams): Answer => {
    const limit = Number(query.get('limit') ?? 10);
    const from = Number(query.get('last_evaluated_key') ?? 0);
    const shownHere = cards.slice(from, from + limit);
    const more = from + limit < cards.length;
    const headers = more ? { 'x-soracom-next-key': String(from + limit) } : {};
    return { status: 200, body: shownHere.map(show), headers };
  };
  const work = (card: Card, deed: string, body: Question['body']): Answer => {
    if (deed === 'update_speed_class') {
      const speed = body['speedClass'];
      if (typeof speed !== 'string' || !/^s1\.(minimum|slow|standard|fast|4xfast)$/.test(speed))
        return { status: 400, body: fault('SIM0014', 'no such speed class') };
      log.orders.push(`${card.iccid} ${speed}`);
      speeds.set(card.iccid, speed);
      return { status: 200, body: show(card) };
    }
    const word = DEEDS[deed];
    if (word === undefined) return { status: 404, body: fault('COM0002', 'no such address') };
    if (card.word === 'terminated') return { status: 400, body: fault('SIM0007', 'the SIM is terminated') };
    log.orders.push(`${card.iccid} ${word}`);
    book.change(card, word, behaviour.delayMs);
    return { status: 200, body: show(card) };
  };

  return {
    endPasses: () => {
      passes = new Map();
    },
    setCard: (iccid, word) => book.set(iccid, word),
    countDay: (iccid, day, tx, rx) => {
      days.set(iccid, (days.get(iccid) ?? new Map()).set(day, { tx, rx }));
    },
    stateOf: iccid => book.find(iccid)?.word ?? null,
    isOrder: ({ method, path }) => method === 'POST' && path.startsWith('/v1/sims/'),
    settle: nowMs => book.settle(nowMs),
    busy: seconds => ({
      status: 429,
      body: fault('COM0429', 'too many'),
      headers: { 'retry-after': String(seconds) },
    }),
    answer: ({ method, path, query, headers, body }) => {
      if (method === 'POST' && path === '/v1/auth') return authenticate(body);
      const token = passes.get(String(headers['x-soracom-api-key']));
      if (token === undefined || token !== headers['x-soracom-token'])
        return { status: 401, body: fault('AUM0004', 'not signed in') };
      if (path === '/v1/sims') return page(book.cards, query);
      if (path === '/v1/query/sims') {
        const part = (query.get('iccid') ?? '').toLowerCase();
        return page(
          book.cards.filter(card => card.iccid.toLowerCase().includes(part)),
          query,
        );
      }
      const [, stats, no, deed] = /^\/v1\/(stats\/air\/)?sims\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
      const card = book.cards.find(each => String(each.no) === no);
      if (card === undefined) return { status: 404, body: fault('SIM0002', 'no such SIM') };
      if (stats !== undefined) {
        if (query.get('period') !== 'day') return { status: 200, body: [month()] };
        return { status: 200, body: daily(days.get(card.iccid) ?? new Map(), query) };
      }
      if (method === 'GET') return { status: 200, body: show(card) };
      return work(card, deed ?? '', body);
    },
  };
}

function shown({ no, iccid, word, changedMs }: Card, speedClass: string) {
  return {
    simId: String(no),
    operatorId: 'OP0000000001',
    status: word,
    type: 'uicc',
    activeProfileId: iccid,
    profiles: { [iccid]: { iccid, primaryImsi: '295050910000001' } },
    createdTime: 1_700_000_000_000,
    lastModifiedTime: changedMs,
    terminationEnabled: false,
    speedClass,
  };
}

/** Days on which something was used, in octets, each under the second it begins with. */
function daily(
  days: ReadonlyMap<string, { readonly tx: number; readonly rx: number }>,
  query: URLSearchParams,
) {
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  return [...days].flatMap(([day, { tx, rx }]) => {
    const unixtime = Date.parse(`${day}T00:00:00Z`) / 1000;
    if (unixtime < from || unixtime > to) return [];
    const fast = {
      uploadByteSizeTotal: Math.round(tx * 1e6),
      downloadByteSizeTotal: Math.round(rx * 1e6),
      uploadPacketSizeTotal: 4,
    };
    return [{ date: day.replaceAll('-', ''), unixtime, dataTrafficStatsMap: { 's1.fast': fast } }];
  });
}

function month() {
  const fast = { uploadByteSizeTotal: 1_000, downloadByteSizeTotal: 23_456, uploadPacketSizeTotal: 4 };
  return { date: '20261101', unixtime: 1_793_491_200, dataTrafficStatsMap: { 's1.fast': fast } };
}

function fault(code: string, message: string) {
  return { code, message };
}
