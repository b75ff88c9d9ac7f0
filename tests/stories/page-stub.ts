import Fastify from 'fastify';
import type { App } from '../../server/src/api/app.ts';
import { pageRoutes } from '../../server/src/api/page.ts';
import { registryRoutes } from './page-stub-registry.ts';

const HOUR_MS = 3_600_000;
/** A string that would do harm if any part of it were taken for markup. */
export const HOSTILE = '<img src=x onerror="document.title=1">"\'&<script>document.title=2</script>';

/** The page as the server serves it, over answers in the recorded shape; starts without a session. */
export async function pageOverStub() {
  const app = Fastify() as unknown as App;
  pageRoutes(app);
  const world = {
    isSignedIn: false,
    isEmpty: false,
    isOfTwoParties: false,
    findings: [findingNo(1, 'high'), findingNo(2, 'medium')],
    measures: [] as Record<string, unknown>[],
    isCritical: false,
    proposals: [] as Record<string, unknown>[],
    /** The reason that a proposal came with. */
    said: '',
    /** The batch that was ordered. */
    batch: null as Record<string, unknown> | null,
    acts: actsAtFirst(),
    listeners: new Set<(topic: string) => void>(),
    partiesHeard: [] as string[],
  };

  app.addHook('onRequest', async (request, reply) => {
    const isOpen = !request.url.startsWith('/api/') || request.url === '/api/v1/login';
    if (isOpen || world.isSignedIn) return;
    return reply
      .code(401)
      .type('application/problem+json')
      .send({ title: 'Nobody is signed in.', status: 401, code: 'not-signed-in' });
  });
  app.post('/api/v1/login', async (request, reply) => {
    const { password, newPassword } = request.body as { password: string; newPassword?: string };
    if (password !== 'one-time')
      return reply
        .code(401)
        .send({ title: 'That is not right.', code: 'sign-in-refused', mend: 'Try again.' });
    if (newPassword === undefined)
      return reply.code(403).send({ title: 'Choose a password.', code: 'new-password-needed' });
    world.isSignedIn = true;
    return { token: 'unused' };
  });
  app.post('/api/v1/logout', async () => {
    world.isSignedIn = false;
    return {};
  });
  app.get('/api/v1/me', async (request, reply) => {
    const isChosen = !world.isOfTwoParties || request.headers['x-thingward-party'] === '2';
    if (!isChosen) return reply.code(403).send({ title: 'For which party?', code: 'party-not-chosen' });
    return { userId: 'u1', label: 'A. Person', partyId: 1, roles: ['administrator'] };
  });
  app.get('/api/v1/me/parties', async () => ({
    items: [
      { partyId: 1, name: { en: 'Root', zh: '根主体' } },
      { partyId: 2, name: { en: 'Carrier A', zh: '运营商甲' } },
    ],
  }));
  app.get('/api/v1/me/second-factor', async () => ({
    ...{ isSet: false, isRequired: false, recoveryCodesLeft: 0 },
  }));
  app.get('/api/v1/me/sessions', async () => ({
    items: ['192.0.2.7', '192.0.2.8'].map((from, i) => ({
      ...{ id: `s${i}`, openedAt: Date.now() - HOUR_MS, usedAt: Date.now(), from, client: HOSTILE },
      isThisOne: i === 0,
    })),
    next: null,
  }));
  app.get('/api/v1/cases/3/evidence', async () => ({ case: { id: 3 }, proofs: [] }));
  app.get('/api/v1/status', async () => statusOf(world.isEmpty));
  app.get('/ledger/checkpoint', async (_request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .send('ledger.example/thingward\n1482\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n\n— x y\n'),
  );
  app.get('/api/v1/findings', async () => ({ items: world.isEmpty ? [] : world.findings, next: null }));
  app.get('/api/v1/cases', async () => ({ items: world.isEmpty ? [] : [caseOf(world)], next: null }));
  app.get('/api/v1/cases/3', async () => caseOf(world));
  registryRoutes(app, world, HOSTILE);
  proposalRoutes(app, world);
  batchRoutes(app, world);
  app.post('/api/v1/cases/3/measures', async (_request, reply) => {
    if (world.isCritical)
      return reply
        .code(409)
        .type('application/problem+json')
        .send({ title: 'The device is critical.', code: 'measure-needs-two-persons', mend: 'Propose it.' });
    const at = Date.now();
    const steps = ['decided', 'ordered', 'accepted', 'effective', 'verified'].map((to, i) => ({
      from: null,
      to,
      at: at + i * 1000,
      actor: 'house',
    }));
    world.measures = [
      {
        id: 4,
        caseId: 3,
        kind: 'suspend-card',
        title: { en: 'Suspend the card', zh: '停卡' },
        state: 'verified',
        provider: 'Carrier A',
        dueAt: at + HOUR_MS,
        decidedBy: 'person/u1',
        steps,
      },
    ];
    return world.measures[0];
  });
  app.post('/api/v1/measures/4/lift', async () => {
    const measure = world.measures[0] as { state: string; steps: unknown[] };
    world.measures = [
      {
        ...measure,
        state: 'lift-ordered',
        steps: [
          ...measure.steps,
          { from: 'verified', to: 'lift-ordered', at: Date.now(), actor: 'person/u1' },
        ],
      },
    ];
    return world.measures[0];
  });
  app.post('/api/v1/cases/3/notes', async request => {
    const { text } = request.body as { text: string };
    world.acts = [
      ...world.acts,
      { id: 9, at: Date.now(), kind: 'note', actor: 'person/u1', detail: { text } },
    ];
    return {};
  });
  app.get('/api/v1/events', (request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    reply.raw.write(': here\n\n');
    const tell = (topic: string) => void reply.raw.write(`event: ${topic}\ndata: {"topic":"${topic}"}\n\n`);
    world.listeners.add(tell);
    world.partiesHeard.push(String(request.headers['x-thingward-party'] ?? ''));
    reply.raw.on('close', () => world.listeners.delete(tell));
  });

  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    world,
    /** A further finding, announced to the pages that listen. */
    find: () => {
      world.findings = [findingNo(world.findings.length + 1, 'high'), ...world.findings];
      for (const tell of world.listeners) tell('finding');
    },
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

function findingNo(n: number, severity: string) {
  return {
    id: n.toString(16).padStart(64, '0'),
    ruleId: 'card-in-another-device',
    ruleVersion: 'a1b2c3d4e5f60718',
    title: { en: 'Card in another device', zh: '卡被装入其他设备' },
    subject: { id: n, kind: 'card', reference: `894450000000000000${n}` },
    observedAt: Date.now() - n * HOUR_MS,
    judgedAt: Date.now() - n * HOUR_MS + 900,
    severity,
    historical: false,
    standing: 'found',
    caseId: 3,
    evidence: {
      imei: '356938035643809',
      before: '490154203237518',
      records: [{ observedAt: '2026-11-24T03:00:00Z', note: HOSTILE }],
    },
  };
}

/** Proposals of a case whose subject only two persons stop. */
function proposalRoutes(
  app: App,
  world: { proposals: Record<string, unknown>[]; acts: Record<string, unknown>[]; said: string },
): void {
  const tell = (id: number, kind: string): void => {
    world.acts = [...world.acts, { id, at: Date.now(), kind, actor: 'person/u1', detail: { proposal: 5 } }];
  };
  app.get('/api/v1/measure-proposals', async () => ({ items: world.proposals, next: null }));
  app.post('/api/v1/cases/3/measure-proposals', async request => {
    const { kind, why } = request.body as { kind: string; why: string };
    world.said = why;
    const said = { why: HOSTILE, proposedBy: 'person/u1', consents: ['person/u1'] };
    world.proposals = [{ id: 5, caseId: 3, kind, ...said, expiresAt: Date.now() + 72 * HOUR_MS }];
    tell(10, 'measure-proposed');
    return world.proposals[0];
  });
  app.post('/api/v1/measure-proposals/5/decision', async () => {
    world.proposals = [];
    tell(11, 'proposal-approved');
    return {};
  });
}

/** A case of three cards: what a measure for all would come to, and the order. */
function batchRoutes(app: App, world: { batch: Record<string, unknown> | null }): void {
  const rows = [
    ['ordered', null],
    ['already', null],
    ['refused', HOSTILE],
  ] as const;
  app.post('/api/v1/measure-batches/preview', async () => ({
    ...{ deed: 'apply', kind: 'suspend-card', members: 3, repeated: 0, digest: 'x' },
    counts: { ordered: 1, already: 1, refused: 1 },
    items: rows.map(([outcome, reason], i) => {
      const reference = `894450000000000000${i + 1}`;
      const subject = { id: i + 1, kind: 'card', reference };
      return { place: i + 1, given: reference, subject, outcome, reason, measureId: null };
    }),
  }));
  app.post('/api/v1/measure-batches', async request => {
    world.batch = request.body as Record<string, unknown>;
    return { id: 12 };
  });
}

function caseOf(world: { findings: unknown[]; measures: unknown[]; acts: unknown[] }) {
  const openedAt = Date.now() - 2 * HOUR_MS;
  return {
    id: 3,
    ruleId: 'card-in-another-device',
    title: { en: 'Card in another device', zh: '卡被装入其他设备' },
    subject: { id: 1, kind: 'card', reference: '8944500000000000001' },
    state: 'open',
    severity: 'high',
    ownerLabel: null,
    openedAt: Math.floor(openedAt / HOUR_MS) * HOUR_MS,
    suggests: 'suspend-card',
    nextDueAt: Math.ceil(openedAt / HOUR_MS) * HOUR_MS + 24 * HOUR_MS,
    clocks: [
      {
        clockId: 'provider-answer',
        title: { en: 'Provider must act', zh: '运营企业须处置' },
        zone: 'Asia/Shanghai',
        armedAt: openedAt,
        dueAt: Math.ceil(openedAt / HOUR_MS) * HOUR_MS + 24 * HOUR_MS,
        state: 'running',
      },
    ],
    findings: world.findings,
    measures: world.measures,
    acts: world.acts,
  };
}

function actsAtFirst(): Record<string, unknown>[] {
  const at = Date.now() - 2 * HOUR_MS;
  return [
    { id: 1, at, kind: 'opened', actor: 'house', detail: { rule: 'card-in-another-device' } },
    { id: 2, at: at + 5, kind: 'clock-armed', actor: 'house', detail: { clock: 'provider-answer' } },
    { id: 3, at: at + HOUR_MS, kind: 'note', actor: 'person/u1', detail: { text: HOSTILE } },
  ];
}

function statusOf(isEmpty: boolean) {
  const at = Date.now();
  const source = { format: 'freeradius-detail', createdAt: at };
  return {
    version: '0.1.0',
    database: {
      kind: 'embedded',
      version: '18.4',
      durable: true,
      fsync: 'on',
      synchronousCommit: 'on',
      fullPageWrites: 'on',
    },
    judge: { waitingChunks: 0, waitingRecords: 0, isOwner: true },
    ledger: { origin: 'ledger.example/thingward', treeSize: 1482, refusal: null },
    counts: isEmpty
      ? {}
      : {
          subjects: 500,
          sources: 3,
          observations: 184201,
          quarantineOpen: 3,
          findingsStanding: 12,
          casesOpen: 4,
          measuresLive: 1,
          clocksMissed: 0,
        },
    sources: isEmpty
      ? []
      : [
          {
            ...source,
            id: 1,
            name: 'radius-a',
            watermark: at - 60_000,
            health: 'live',
            volumes: {
              direction: 'up',
              times: 1000,
              before: 400,
              after: 400_000,
              since: at - HOUR_MS,
              batchId: 9,
            },
          },
          {
            ...source,
            id: 2,
            name: 'roaming',
            format: 'tap3',
            watermark: at - 30 * HOUR_MS,
            health: 'silent',
          },
          { ...source, id: 3, name: HOSTILE, watermark: null, health: 'never-heard' },
        ],
  };
}
