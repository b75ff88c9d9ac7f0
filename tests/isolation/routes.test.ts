/** One party against another through every route of the running server; see attempts.ts for what is tried. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCheckpoint, parseNote, readEntries } from '../../packages/verifier/src/index.ts';
import { logAt } from '../../packages/witness/src/index.ts';
import { ABSENT, ATTEMPTS, type Attempt, filled, isExempt } from './attempts.ts';
import { MARK, type Member, openScene, PROFILE, type Scene } from './scene.ts';

let scene: Scene;
let routes: string[];
let reference: string;
let tried = 0;

interface Answer {
  readonly status: number;
  readonly text: string;
}

beforeAll(async () => {
  scene = await openScene();
  const document = (await (await fetch(`${scene.server.address}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, object>>;
  };
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
  );
  const subject = await scene.east.client.get<{ reference: string }>(`/subjects/${scene.ids.subject}`);
  reference = subject.reference;
}, 180_000);
afterAll(async () => {
  await scene?.close();
  process.stdout.write(`isolation routes attempts=${tried} routes=${routes?.length}\n`);
});

async function send(
  method: string,
  { path, body }: { path: string; body?: string },
  token: string,
  more: Record<string, string> = {},
): Promise<Answer> {
  tried += 1;
  const headers: Record<string, string> = { authorization: `Bearer ${token}`, ...more };
  const answer = await fetch(scene.server.address + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text() };
}

/** An answer without what differs by nature: the request's number, and the id that was asked for. */
function bare({ status, text }: Answer, id: string): Answer {
  // As a whole word only: a case with the number 4 stands in every 404 otherwise.
  const whole = new RegExp(`(?<![0-9a-z])${id.replace(/[^0-9a-z]/gi, '\\$&')}(?![0-9a-z])`, 'gi');
  return { status, text: text.replace(/"instance":"[^"]*"/, '').replaceAll(whole, 'X') };
}

function leaksOf(answer: Answer, isKnown: (secret: string) => boolean = () => false): string[] {
  return scene.secrets.filter(secret => answer.text.includes(secret) && !isKnown(secret));
}

const allAttempts = (): Array<{ route: string; method: string; attempt: Attempt }> =>
  Object.entries(ATTEMPTS).flatMap(([route, attempts]) =>
    isExempt(attempts)
      ? []
      : attempts.map(attempt => ({ route, method: route.split(' ')[0] as string, attempt })),
  );

/** What was sent cannot be a leak when it comes back. */
const isAsked = (sent: { path: string; body?: string }) => (secret: string) =>
  sent.path.includes(secret) || (sent.body?.includes(secret) ?? false);

/** Every attempt by one actor: nothing of East's in the answer, and no difference to what does not exist. */
async function assault(token: string, more: Record<string, string> = {}): Promise<string[]> {
  const faults: string[] = [];
  for (const { route, method, attempt } of allAttempts()) {
    const headers = { ...more, ...(attempt.type === undefined ? {} : { 'content-type': attempt.type }) };
    const kind = attempt.kind;
    const id = kind === undefined ? '' : scene.ids[kind];
    const sent = filled(attempt, id, scene, reference);
    const answer = await send(method, sent, token, headers);
    // The ledger is public: it names things by their numbers, and nothing else of anybody.
    const isPublic = (secret: string) => route.startsWith('GET /ledger/tile') && isNumberOfThing(secret);
    const leaks = leaksOf(answer, secret => isAsked(sent)(secret) || isPublic(secret));
    if (leaks.length > 0) faults.push(`${route} ${sent.path} shows ${leaks.join(', ')}`);
    if (answer.status >= 500) faults.push(`${route} ${sent.path} fails with ${answer.status}`);
    if (kind === undefined) continue;
    if (sent.path.includes('/ledger/proofs')) {
      // An actor's own refused tries name what was tried, and are the actor's party's: of others there is none.
      const strange = partiesIn(answer.text).filter(party => party === `party/${scene.ids.party}`);
      if (strange.length > 0) faults.push(`${route} ${sent.path} shows entries of ${strange.join()}`);
      continue;
    }
    const nobodys = await send(method, filled(attempt, ABSENT[kind], scene, reference), token, headers);
    const [one, other] = [bare(answer, id), bare(nobodys, ABSENT[kind])];
    if (one.status !== other.status || one.text !== other.text)
      faults.push(
        `${route} ${sent.path} tells yours (${one.status} ${one.text.slice(0, 200)}) from nobody's (${other.status} ${other.text.slice(0, 200)})`,
      );
  }
  return faults;
}

const isNumberOfThing = (secret: string): boolean =>
  Object.values(scene.ids).includes(secret) || secret === scene.east.userId;

function partiesIn(proofs: string): string[] {
  const { items = [] } = JSON.parse(proofs) as { items?: Array<{ entry: string }> };
  return items.map(
    item => (JSON.parse(Buffer.from(item.entry, 'base64').toString()) as { party: string }).party,
  );
}

/** All of East's that its administrator is shown. */
async function stateOfEast(): Promise<string[]> {
  const paths = [
    'parties',
    'people',
    'api-keys',
    'subjects',
    'sources',
    'batches',
    'quarantine',
    'findings',
    'cases',
    'measures',
    'providers',
    'measure-policies',
    'contested-claims',
    'me/sessions',
  ];
  const lists = await Promise.all(
    paths.map(path =>
      scene.east.client.get<{ items: object[] }>(
        `/${path}?limit=500`.replace('sessions?limit=500', 'sessions'),
      ),
    ),
  );
  const single = await Promise.all([
    scene.east.client.get(`/cases/${scene.ids.case}`),
    scene.east.client.get(`/subjects/${scene.ids.subject}/usage`),
  ]);
  // What moves by itself: uses of keys and sessions, and what the order's own tries write of the measure.
  return [...lists.flatMap(list => list.items), ...single].map(each =>
    JSON.stringify(each)
      .replaceAll(/"(lastUsedAt|lastSeenAt|lastActiveAt|expiresAt)":("[^"]*"|null|\d+)/g, '')
      .replaceAll(/"measures":\[.*?\]/g, ''),
  );
}

describe('one party against another', () => {
  test('every route there is has been thought about, and none that is not', () => {
    expect(routes.filter(route => ATTEMPTS[route] === undefined)).toEqual([]);
    expect(Object.keys(ATTEMPTS).filter(route => !routes.includes(route))).toEqual([]);
  });

  test('of all routes none changes the ledger but its succession, which is an entry itself (R-12, R-13)', () => {
    const writing = routes.filter(route => route.includes('ledger') && !route.startsWith('GET '));
    expect(writing).toEqual(['POST /api/v1/ledger/succession']);
  });

  test('the scene is worth it: East is shown each of its own things', async () => {
    for (const { route, method, attempt } of allAttempts().filter(
      each => each.method === 'GET' && each.attempt.kind,
    )) {
      if (
        attempt.path.includes('proofs') ||
        attempt.path.includes('WEST') ||
        attempt.path.includes('/people/')
      )
        continue;
      const answer = await send(
        method,
        filled(attempt, scene.ids[attempt.kind as 'case'], scene, reference),
        scene.east.token,
      );
      // A provider that is there is asked, at an address where nobody answers, or for what its interface lacks.
      const asked: Readonly<Record<string, number>> = { state: 502, usage: 409, cards: 409 };
      const wanted = asked[/\/providers\/\{id\}\/(\w+)$/.exec(route)?.[1] ?? ''] ?? 200;
      expect([route, answer.status]).toEqual([route, wanted]);
      if (!attempt.path.includes('?')) expect([route, answer.text.length > 30]).toEqual([route, true]);
    }
  });

  test('a neighbour’s administrator finds nothing, and cannot tell what is not theirs from what is not there', async () => {
    const before = await stateOfEast();
    expect(await assault(scene.west.token)).toEqual([]);
    expect(await stateOfEast()).toEqual(before);
  });

  test('nor does the department below, of what is above it', async () => {
    const before = await stateOfEast();
    expect(await assault(scene.below.token)).toEqual([]);
    expect(await stateOfEast()).toEqual(before);
  });

  test.each(['supervisor', 'case-officer', 'analyst', 'auditor'])(
    'nor does the neighbour’s %s',
    async role => {
      expect(await assault(await scene.personAt(scene.west, role))).toEqual([]);
    },
  );

  test('nor does a key of the neighbour with every scope, and a key with one scope does that one thing', async () => {
    const { scopes } = await scene.west.client.get<{ scopes: string[] }>('/me');
    expect(await assault(await scene.keyOf(scene.west, scopes))).toEqual([]);
    const narrow = await scene.keyOf(scene.west, ['status:read']);
    const open =
      /^(GET \/(healthz|readyz|metrics|ledger\/)|GET \/api\/v1\/(status|me|me\/parties|me\/second-factor|ledger\/key)$)/;
    for (const { route, method, attempt } of allAttempts()) {
      if (open.test(route)) continue;
      const headers = attempt.type === undefined ? {} : { 'content-type': attempt.type };
      const sent = filled(attempt, scene.ids[attempt.kind ?? 'case'], scene, reference);
      const { status } = await send(method, sent, narrow, headers);
      expect([route, status]).toEqual([
        route,
        expect.toSatisfy((code: number) => code === 403 || code === 401),
      ]);
    }
  });

  test('nor does anybody who names East as the party they act for, a key included', async () => {
    const key = await scene.keyOf(scene.west, ['cases:read', 'registry:read', 'findings:read']);
    for (const token of [scene.west.token, scene.below.token, key]) {
      for (const { method, attempt } of allAttempts().filter(each => each.attempt.path.startsWith('/api/'))) {
        const type = attempt.type === undefined ? {} : { 'content-type': attempt.type };
        const sent = filled(attempt, scene.ids[attempt.kind ?? 'case'], scene, reference);
        const answers: Answer[] = [];
        for (const party of [scene.ids.party, ABSENT.party])
          answers.push(await send(method, sent, token, { ...type, 'x-thingward-party': party }));
        const [theirs, nobodys] = answers.map(answer => bare(answer, '')) as [Answer, Answer];
        expect([sent.path, theirs]).toEqual([sent.path, nobodys]);
        expect([sent.path, leaksOf(theirs, isAsked(sent))]).toEqual([sent.path, []]);
      }
    }
  });

  test('cursors of East’s pages lead nobody else anywhere', async () => {
    for (const path of [
      'parties',
      'people',
      'api-keys',
      'subjects',
      'sources',
      'batches',
      'quarantine',
      'findings',
      'cases',
      'cases/CASE/acts',
      'measures',
      'providers',
    ]) {
      const page = path.replace('CASE', scene.ids.case);
      const { next } = await scene.east.client.get<{ next: string | null }>(`/${page}?limit=1`);
      const forged = [next, 'WzBd', 'WyIiXQ', Buffer.from(JSON.stringify([reference])).toString('base64url')];
      for (const after of forged) {
        if (after === null) continue;
        const answer = await send('GET', { path: `/api/v1/${page}?after=${after}` }, scene.west.token);
        expect([page, leaksOf(answer)]).toEqual([page, []]);
        expect(answer.status).toBeLessThan(500);
      }
    }
  });

  test('names that East has taken are free, and no answer tells of them', async () => {
    const source = { name: `${MARK.toLowerCase()}-usage`, format: 'generic-csv', profile: PROFILE };
    await scene.west.client.post('/sources', source);
    const provider = {
      name: `${MARK.toLowerCase()}-carrier`,
      adapter: 'simulated-provider',
      settings: { url: 'http://127.0.0.1:9' },
    };
    await scene.west.client.post('/providers', provider);
    tried += 2;
  });

  test('the event stream tells West of West’s things alone, whatever number it asks to go on from', async () => {
    const heard: Record<string, string> = {};
    const stop = new AbortController();
    const listen = async (member: Member, more: Record<string, string>) => {
      const headers = { authorization: `Bearer ${member.token}`, ...more };
      const answer = await fetch(`${scene.server.address}/api/v1/events`, { headers, signal: stop.signal });
      tried += 1;
      const name = `${member.name} ${JSON.stringify(more)}`;
      heard[name] = '';
      for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>)
        heard[name] += Buffer.from(part).toString();
    };
    const first = /id: (\S+)/.exec(await firstEvent(scene.east))?.[1] as string;
    const streams = [
      listen(scene.west, {}),
      listen(scene.west, { 'last-event-id': first }),
      listen(scene.west, { 'last-event-id': first.replace(/\d+$/, '0') }),
      listen(scene.below, { 'last-event-id': first }),
      listen(scene.east, {}),
    ].map(each => each.catch(() => {}));
    await new Promise(resolve => setTimeout(resolve, 400));
    await scene.east.client.post(`/cases/${scene.ids.case}/notes`, { text: 'another note' });
    await scene.west.client.post('/parties', { kind: 'department', name: { en: 'w', zh: 'w' } });
    await new Promise(resolve => setTimeout(resolve, 1_200));
    stop.abort();
    await Promise.all(streams);
    const caseEvent = `case/${scene.ids.case}"`;
    for (const [who, text] of Object.entries(heard)) {
      expect([who, text.includes(caseEvent)]).toEqual([who, who.startsWith(MARK)]);
      expect([who, text.includes('event: party')]).toEqual([who, who.startsWith('West')]);
    }
  });

  test('the public ledger shows no name, number or text of East’s in any entry', async () => {
    const read = logAt(`${scene.server.address}/ledger`);
    const note = Buffer.from((await read('checkpoint')) as Uint8Array).toString();
    const { size } = parseCheckpoint(parseNote(note).text);
    const ownLabels = [scene.east.userId, scene.ids.finding, scene.ids['api-key'], scene.ids.hook];
    let looked = 0;
    const acts: Record<string, number> = {};
    await readEntries(read, 0, size, entry => {
      looked += 1;
      tried += 1;
      const text = Buffer.from(entry).toString();
      const { act } = JSON.parse(text) as { act: string };
      acts[act] = (acts[act] ?? 0) + 1;
      expect(leaksOf({ status: 200, text }, secret => ownLabels.includes(secret))).toEqual([]);
    });
    expect(looked).toBeGreaterThan(50);
    // what was refused all along is on record, and being refused floods no ledger.
    const refused = Object.entries(acts).filter(([act]) => act.endsWith('-refused'));
    expect(refused.map(([act]) => act)).toEqual(
      expect.arrayContaining([
        'party-founded-refused',
        'person-added-refused',
        'role-granted-refused',
        'api-key-revoked-refused',
      ]),
    );
    const entries = refused.reduce((sum, [, count]) => sum + count, 0);
    expect(entries).toBeLessThan(tried / 4);
  });

  test('a neighbour that registers East’s numbers learns nothing by it and changes nothing of East’s', async () => {
    const before = await stateOfEast();
    const csv = (iccid: string) => `iccid,class\n${iccid},\n`;
    const taken = await importing(csv(reference));
    const free = await importing(csv('8986019999999999999'));
    expect(taken.replaceAll(reference, 'X')).toBe(free.replaceAll('8986019999999999999', 'X'));
    const contested = await send('GET', { path: '/api/v1/contested-claims?limit=500' }, scene.west.token);
    expect(leaksOf(contested)).toEqual([]);
    await new Promise(resolve => setTimeout(resolve, 2_500));
    expect(await stateOfEast()).toEqual(before);
  });
});

async function importing(csv: string): Promise<string> {
  const answer = await send('POST', { path: '/api/v1/imports/cards', body: csv }, scene.west.token, {
    'content-type': 'text/csv',
  });
  return `${answer.status} ${answer.text}`.replace(/"(importId|id|instance)":("[^"]*"|\d+)/g, '');
}

async function firstEvent(member: Member): Promise<string> {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${member.token}` };
  const answer = await fetch(`${scene.server.address}/api/v1/events`, { headers, signal: stop.signal });
  let text = '';
  for await (const part of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(part).toString();
    if (text.includes('id: ')) break;
  }
  stop.abort();
  return text;
}
