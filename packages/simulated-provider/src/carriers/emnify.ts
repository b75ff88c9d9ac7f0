import type { Answer, Behaviour, Carrier, Question } from './door.ts';

/**
 * Stands in for emnify's REST API v1 as contracts/emnify.json has it. The only application token is
 * `simulated-application-token`; tokens live an hour.
 */
const WORDS = ['Issued', 'Activated', 'Suspended', 'Deleted', 'Factory Test'];
/** Which moves a customer may make (document of `PATCH /api/v1/sim/{sim_id}`). */
const MOVES = new Set(['0>1', '0>4', '4>1', '1>2', '2>1']);
const TOKEN_SECONDS = 3_600;

interface Sim {
  readonly id: number;
  readonly iccid: string;
  status: number;
  /** MB sent and received by UTC day. */
  readonly days: Map<string, { readonly tx: number; readonly rx: number }>;
}

export function simulatedEmnify(behaviour: Behaviour, log: { signIns: number; orders: string[] }): Carrier {
  const sims: Sim[] = [];
  const under: { sim: Sim; to: number; atMs: number }[] = [];
  let passes = new Set<string>();
  // As every account begins: messages between persons are open (document of service profiles).
  const profiles = [
    { id: 41, name: 'default', sms_p2p_int: true, sms_p2p_ext: true },
    { id: 42, name: 'meters', sms_p2p_int: false, sms_p2p_ext: true },
  ];

  const ofProfiles = (method: string, id: string | undefined, body: Question['body']): Answer => {
    if (method === 'GET' && id === undefined)
      return { status: 200, body: profiles.map(({ id: no, name }) => ({ id: no, name })) };
    const found = profiles.find(each => String(each.id) === id);
    if (found === undefined) return { status: 404, body: { message: 'no such service profile' } };
    if (method === 'GET') return { status: 200, body: found };
    if (method !== 'PATCH') return { status: 404, body: { message: 'no such address' } };
    for (const name of ['sms_p2p_int', 'sms_p2p_ext'] as const)
      if (typeof body[name] === 'boolean') found[name] = body[name];
    return { status: 204 };
  };

  const authenticate = (body: Question['body']): Answer => {
    log.signIns += 1;
    if (body['application_token'] !== 'simulated-application-token') return { status: 401 };
    const claims = { exp: Math.floor(Date.now() / 1000) + TOKEN_SECONDS, n: log.signIns };
    const token = `${encoded({ alg: 'none' })}.${encoded(claims)}.simulated`;
    passes.add(token);
    return { status: 200, body: { auth_token: token } };
  };

  const list = (query: URLSearchParams): Answer => {
    const [field, wanted] = (query.get('q') ?? '').split(':');
    const perPage = Math.min(Number(query.get('per_page') ?? 2_000), 2_500);
    const page = Number(query.get('page') ?? 1);
    const found = sims.filter(sim => field === '' || shown(sim)[field as 'iccid'] === wanted);
    return { status: 200, body: found.slice((page - 1) * perPage, page * perPage).map(shown) };
  };

  const patch = (sim: Sim, body: Question['body']): Answer => {
    const to = (body['status'] as { id?: unknown } | undefined)?.id;
    if (typeof to !== 'number' || !MOVES.has(`${sim.status}>${to}`))
      return {
        status: 400,
        body: {
          error_code: 1_002,
          error_token: 'InvalidStatusTransition',
          message: 'status cannot change so',
        },
      };
    log.orders.push(`${sim.iccid} ${WORDS[to]}`);
    under.push({ sim, to, atMs: Date.now() + behaviour.delayMs });
    return { status: 204 };
  };

  return {
    endPasses: () => {
      passes = new Set();
    },
    setCard: (iccid, word) => {
      const at = WORDS.indexOf(word);
      const status = at === -1 ? Number(word) : at;
      const known = sims.find(sim => sim.iccid === iccid);
      if (known === undefined) sims.push({ id: 5_000 + sims.length, iccid, status, days: new Map() });
      else known.status = status;
    },
    countDay: (iccid, day, tx, rx) => {
      sims.find(sim => sim.iccid === iccid)?.days.set(day, { tx, rx });
    },
    stateOf: iccid => {
      const found = sims.find(sim => sim.iccid === iccid);
      return found === undefined ? null : (WORDS[found.status] ?? String(found.status));
    },
    isOrder: ({ method, path }) => method === 'PATCH' && path.startsWith('/api/v1/sim/'),
    settle: nowMs => {
      for (const change of under.splice(0)) {
        if (change.atMs > nowMs) under.push(change);
        else change.sim.status = change.to;
      }
    },
    busy: seconds => ({ status: 429, headers: { 'retry-after': String(seconds) } }),
    answer: ({ method, path, query, headers, body }) => {
      if (method === 'POST' && path === '/api/v1/authenticate') return authenticate(body);
      if (!passes.has((headers.authorization ?? '').replace(/^Bearer /, ''))) return { status: 401 };
      if (method === 'GET' && path === '/api/v1/sim') return list(query);
      const ofProfile = /^\/api\/v1\/service_profile(?:\/(\d+))?$/.exec(path);
      if (ofProfile !== null) return ofProfiles(method, ofProfile[1], body);
      const ofEndpoint = /^\/api\/v1\/endpoint\/(\d+)\/stats\/daily$/.exec(path);
      if (method === 'GET' && ofEndpoint !== null) return daily(sims, Number(ofEndpoint[1]), query);
      const [, id, rest] = /^\/api\/v1\/sim\/(\d+)(\/stats)?$/.exec(path) ?? [];
      const sim = sims.find(each => String(each.id) === id);
      if (sim === undefined) return { status: 404, body: { message: 'no such SIM' } };
      if (method === 'GET' && rest === '/stats') return { status: 200, body: [stats(sim)] };
      if (method === 'GET') return { status: 200, body: shown(sim) };
      if (method === 'PATCH') return patch(sim, body);
      return { status: 404, body: { message: 'no such address' } };
    },
  };
}

function shown({ id, iccid, status }: Sim) {
  const description = WORDS[status] ?? 'Something New';
  return {
    id,
    iccid: iccid.slice(0, 19),
    iccid_with_luhn: iccid.length === 20 ? iccid : `${iccid}0`,
    production_date: '2025-03-01T00:00:00.000+0000',
    status: { id: status, description },
    imsi: '901430000000001',
    msisdn: '88363000000001',
    endpoint: { id: endpointOf(id), name: `device ${id}` },
  };
}

/** Endpoints have numbers of their own. */
const endpointOf = (simId: number): number => simId + 3_000;

/** Days on which nothing was used are not told. */
function daily(sims: readonly Sim[], endpoint: number, query: URLSearchParams): Answer {
  const sim = sims.find(each => endpointOf(each.id) === endpoint);
  if (sim === undefined) return { status: 404, body: { message: 'no such endpoint' } };
  const [from, to] = [query.get('start_date') ?? '', query.get('end_date') ?? '~'];
  const told = [...sim.days].filter(([day]) => day >= from && day <= to);
  const body = told.map(([date, { tx, rx }]) => ({
    date,
    data: { volume: (tx * 1e6 + rx * 1e6) / 1e6, volume_tx: tx, volume_rx: rx },
    sms: { volume: 0, volume_tx: 0, volume_rx: 0 },
  }));
  return { status: 200, body };
}

function stats({ id }: Sim) {
  const data = { sim_id: id, volume: 12.5, volume_tx: 4.5, volume_rx: 8, traffic_type_id: 5 };
  return { last_month: {}, current_month: { data }, last_hour: {} };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
