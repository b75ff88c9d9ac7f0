import type { Answer, Behaviour, Carrier, Question } from './door.ts';

/**
 * Stands in for another operator's server of CAMARA IoT SIM Fraud Prevention as contracts/camara.json has it, under
 * version `v0.1`, with an authorization server at `/token` that knows one client: `simulated-client` with
 * `simulated-client-secret`. Tokens live an hour.
 *
 * A card is named by its phone number to whoever tests, and its word lists what is so: `seen` in a device, with an
 * `area` stated for it, `bound`, `held`. A subscription for a card whose word has `later` begins when it is asked for.
 */
const CALLS = '/iot-sim-fraud-prevention/v0.1/';
const SUBSCRIPTIONS = '/iot-sim-fraud-prevention-subscriptions/v0.1/subscriptions';
const CLIENT = `Basic ${Buffer.from('simulated-client:simulated-client-secret').toString('base64')}`;
const AREA = {
  areaType: 'CIRCLE',
  center: { latitude: 50.735851, longitude: 7.10066 },
  radius: 50_000,
};

interface Card {
  readonly phone: string;
  words: Set<string>;
}
type Body = Question['body'];
type Fields = Readonly<Record<string, unknown>>;

const no = (status: number, code: string): Answer => ({ status, body: { status, code, message: 'no' } });
const fieldOf = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? (of as Fields)[name] : undefined;

export function simulatedCamara(behaviour: Behaviour, log: { signIns: number; orders: string[] }): Carrier {
  const cards = new Map<string, Card>();
  const subscriptions = new Map<string, Body>();
  const under: { card: Card; word: string; isOn: boolean; atMs: number }[] = [];
  let passes = new Set<string>();

  const cardOf = (device: unknown): Card | undefined => cards.get(String(fieldOf(device, 'phoneNumber')));

  const token = ({ headers, form }: Question): Answer => {
    log.signIns += 1;
    const isKnown = headers.authorization === CLIENT && form.get('grant_type') === 'client_credentials';
    if (!isKnown) return { status: 401, body: { error: 'invalid_client' } };
    const pass = `simulated.token-${log.signIns}`;
    passes.add(pass);
    return { status: 200, body: { access_token: pass, token_type: 'Bearer', expires_in: 3_600 } };
  };

  const set = (call: 'bind' | 'unbind', body: Body): Answer => {
    const type = body[call === 'bind' ? 'bindType' : 'unBindType'];
    if (type !== 'IMEIBIND' && type !== 'AREALIMIT') return no(400, 'INVALID_ARGUMENT');
    const card = cardOf(body['device']);
    if (card === undefined) return no(404, 'IDENTIFIER_NOT_FOUND');
    const [word, from] = type === 'IMEIBIND' ? ['bound', 'seen'] : ['held', 'area'];
    const isOn = call === 'bind';
    if (!isOn && !card.words.has(word))
      return no(422, type === 'IMEIBIND' ? 'UNNECESSARY_UNBIND_IMEI' : 'UNNECESSARY_UNBIND_AREALIMIT');
    if (isOn && !card.words.has(from)) return { status: 200, body: { bound: false } };
    log.orders.push(`${card.phone} ${call} ${type}`);
    under.push({ card, word, isOn, atMs: Date.now() + behaviour.delayMs });
    return { status: 200, body: isOn ? { bound: true } : { unbound: true } };
  };

  const query = (body: Body): Answer => {
    const card = cardOf(body['device']);
    if (card === undefined) return no(404, 'IDENTIFIER_NOT_FOUND');
    const { words } = card;
    if (body['queryType'] === 'IMEIBIND')
      return {
        status: 200,
        body: {
          imeiBind: words.has('bound')
            ? { bindStatus: 'BOUND', bindImei: '35-209900-176148-1' }
            : { bindStatus: 'UNBOUND' },
        },
      };
    const areaLimit = words.has('held')
      ? { areaLimitStatus: 'RESTRICTED', limitArea: AREA }
      : { areaLimitStatus: 'UNRESTRICTED' };
    return { status: 200, body: { areaLimit } };
  };

  const subscribe = (body: Body): Answer => {
    const card = cardOf(fieldOf(fieldOf(body['config'], 'subscriptionDetail'), 'device'));
    if (card === undefined) return no(404, 'IDENTIFIER_NOT_FOUND');
    const { sinkCredential: _, ...told } = body;
    const id = String(700 + subscriptions.size);
    const isLater = card.words.has('later');
    const status = isLater ? 'ACTIVATION_REQUESTED' : 'ACTIVE';
    subscriptions.set(id, { ...told, id, startsAt: new Date().toISOString(), status });
    log.orders.push(
      `${card.phone} subscribe ${id} ${String(fieldOf(body['sinkCredential'], 'accessToken'))}`,
    );
    return isLater
      ? { status: 202, body: { subscriptionId: id } }
      : { status: 201, body: subscriptions.get(id) };
  };

  const ofSubscriptions = ({ method, path, body }: Question): Answer => {
    if (path === SUBSCRIPTIONS)
      return method === 'POST' ? subscribe(body) : { status: 200, body: [...subscriptions.values()] };
    const id = path.slice(SUBSCRIPTIONS.length + 1);
    const found = subscriptions.get(id);
    if (found === undefined || found['status'] === 'DELETED') return no(404, 'NOT_FOUND');
    if (method === 'DELETE') {
      subscriptions.set(id, { ...found, status: 'DELETED' });
      log.orders.push(`unsubscribe ${id}`);
      return { status: 204 };
    }
    if (found['status'] === 'ACTIVATION_REQUESTED') subscriptions.set(id, { ...found, status: 'ACTIVE' });
    return { status: 200, body: subscriptions.get(id) };
  };

  return {
    endPasses: () => {
      passes = new Set();
    },
    setCard: (phone, word) => {
      const words = new Set(word.split(' '));
      const known = cards.get(phone);
      if (known === undefined) cards.set(phone, { phone, words });
      else known.words = words;
    },
    stateOf: phone => [...(cards.get(phone)?.words ?? [])].sort().join(' '),
    isOrder: ({ method, path }) =>
      method === 'DELETE' || (method === 'POST' && (/\/(?:un)?bind$/.test(path) || path === SUBSCRIPTIONS)),
    settle: nowMs => {
      for (const change of under.splice(0)) {
        if (change.atMs > nowMs) under.push(change);
        else if (change.isOn) change.card.words.add(change.word);
        else change.card.words.delete(change.word);
      }
    },
    busy: seconds => ({ ...no(429, 'TOO_MANY_REQUESTS'), headers: { 'retry-after': String(seconds) } }),
    answer: question => {
      const { method, path, headers, body } = question;
      if (method === 'POST' && path === '/token') return token(question);
      if (!passes.has((headers.authorization ?? '').replace(/^Bearer /, '')))
        return no(401, 'UNAUTHENTICATED');
      if (path.startsWith(SUBSCRIPTIONS)) return ofSubscriptions(question);
      const call = method === 'POST' && path.startsWith(CALLS) ? path.slice(CALLS.length) : '';
      if (call === 'bind' || call === 'unbind') return set(call, body);
      return call === 'query' ? query(body) : no(404, 'NOT_FOUND');
    },
  };
}
