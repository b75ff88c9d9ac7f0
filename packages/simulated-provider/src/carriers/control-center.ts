import { Book, type Card } from './book.ts';
import type { Answer, Behaviour, Carrier, Question } from './door.ts';

/**
 * Stands in for Cisco IoT Control Center as contracts/control-center.json has it, below `/rws/api`. The only user is
 * `simulated-user` with the API key `simulated-api-key`.
 */
const WORDS = new Set(['ACTIVATED', 'DEACTIVATED', 'RETIRED']);
const FINAL = new Set(['RETIRED', 'PURGED', 'REPLACED']);
const BASIC = `Basic ${Buffer.from('simulated-user:simulated-api-key').toString('base64')}`;

export function simulatedControlCenter(behaviour: Behaviour, log: { orders: string[] }): Carrier {
  const book = new Book();

  const edit = (card: Card, body: Question['body']): Answer => {
    const word = body['status'];
    if (typeof word !== 'string' || !WORDS.has(word) || FINAL.has(card.word) || word === card.word)
      return { status: 400, body: fault('10000024', 'Invalid SIM status transition') };
    log.orders.push(`${card.iccid} ${word}`);
    book.change(card, word, behaviour.delayMs);
    return { status: behaviour.delayMs > 0 ? 202 : 200, body: { iccid: card.iccid } };
  };
  const search = (query: URLSearchParams): Answer => {
    if (query.get('modifiedSince') === null)
      return { status: 400, body: fault('10000003', 'modifiedSince is required') };
    const size = Math.min(Number(query.get('pageSize') ?? 50), 50);
    const pageNumber = Number(query.get('pageNumber') ?? 1);
    const devices = book.cards
      .slice((pageNumber - 1) * size, pageNumber * size)
      .map(({ iccid, word }) => ({ iccid, status: word, ratePlan: 'simulated', communicationPlan: 'data' }));
    return { status: 200, body: { pageNumber, devices, lastPage: pageNumber * size >= book.cards.length } };
  };

  return {
    endPasses: () => {},
    setCard: (iccid, word) => book.set(iccid, word),
    stateOf: iccid => book.find(iccid)?.word ?? null,
    isOrder: ({ method }) => method === 'PUT',
    settle: nowMs => book.settle(nowMs),
    busy: seconds => ({
      status: 429,
      body: fault('40000029', 'too many'),
      headers: { 'retry-after': String(seconds) },
    }),
    answer: ({ method, path, query, headers, body }) => {
      if (headers.authorization !== BASIC)
        return { status: 401, body: fault('10000001', 'Invalid credentials') };
      if (method === 'GET' && path === '/rws/api/v1/devices') return search(query);
      const [, iccid = '', rest] = /^\/rws\/api\/v1\/devices\/([^/]+)(\/ctdUsages)?$/.exec(path) ?? [];
      const card = book.find(iccid);
      if (card === undefined) return { status: 404, body: fault('20000001', 'Resource not found') };
      if (method === 'PUT') return edit(card, body);
      return { status: 200, body: rest === undefined ? shown(card) : used(card) };
    },
  };
}

function shown({ iccid, word, changedMs }: Card) {
  return {
    iccid,
    imsi: '901161697004975',
    msisdn: '882351697004975',
    imei: '',
    status: word,
    ratePlan: 'simulated',
    communicationPlan: 'data',
    customer: null,
    dateUpdated: new Date(changedMs).toISOString().replace('T', ' ').replace('Z', '+0000'),
    accountId: '100020620',
  };
}

function used({ iccid, word }: Card) {
  return {
    iccid,
    status: word,
    ctdDataUsage: 7_654_321,
    ctdSMSUsage: 2,
    ctdVoiceUsage: 0,
    ctdSessionCount: 3,
  };
}

function fault(errorCode: string, errorMessage: string) {
  return { errorMessage, errorCode };
}
