import type { App } from '../../server/src/api/app.ts';

const DAY_MS = 86_400_000;
const ALWAYS = { from: null, to: null, statedBy: 'person/u1' };

/** What is registered and what the ledger holds, in the recorded shape, with text that would do harm as markup. */
export function registryRoutes(app: App, world: { readonly isEmpty: boolean }, hostile: string): void {
  const cards = [1, 2, 3].map(n => ({
    ...{ id: n, partyId: 1, kind: 'card', reference: `894450000000000000${n}`, class: 'metering' },
    ...{
      attributes: { batch: 'b-1', note: hostile },
      createdAt: new Date(Date.now() - DAY_MS).toISOString(),
    },
  }));
  app.get('/api/v1/subject-kinds', async () => ({
    items: [
      { kind: 'card', title: { en: 'IoT card', zh: '物联网卡' } },
      { kind: 'device', title: { en: 'Device', zh: '设备' } },
    ],
    next: null,
  }));
  app.get('/api/v1/subjects', async request => {
    const { kind = 'card', reference, after } = request.query as Readonly<Record<string, string>>;
    const items = cards.filter(
      each => each.kind === kind && (reference === undefined || each.reference === reference),
    );
    if (world.isEmpty) return { items: [], next: null };
    return after === undefined && reference === undefined
      ? { items: items.slice(0, 2), next: 'WzJd' }
      : { items: after === undefined ? items : items.slice(2), next: null };
  });
  app.get('/api/v1/subjects/1', async () => ({
    ...cards[0],
    aliases: [{ claim: 'imsi:204046200000001', ...ALWAYS }],
    links: [
      {
        ...{ kind: 'used-in', direction: 'out', subject: { id: 9, kind: 'device', reference: hostile } },
        ...{ ...ALWAYS, from: new Date(Date.now() - DAY_MS).toISOString() },
      },
    ],
    facts: [{ kind: 'restriction', body: { caps: { day: 1_000_000 }, why: hostile }, ...ALWAYS }],
  }));
  app.get('/api/v1/subjects/1/usage', async () => ({ usage: [usage()] }));
  app.get('/api/v1/ledger/key', async () => ({ verifierKey: 'ledger.example/thingward+00000000+AAAA' }));
  app.get('/api/v1/ledger/proofs', async () => ({
    items: [{ index: 12, state: 'sequenced', act: 'case/opened', entry: 'e30=', proof: null }],
    salts: [],
  }));
}

function usage() {
  const days = Array.from({ length: 12 }, (_, i) => ({
    day: new Date(Date.now() - (12 - i) * DAY_MS).toISOString().slice(0, 10),
    ...{ records: 24, marks: {} },
    figures: i === 5 ? {} : { bytesUp: 1_000_000 + i * 50_000, bytesDown: 4_000_000 - i * 90_000 },
  }));
  const figures = { bytesUp: 14_000_000, bytesDown: 40_000_000 };
  return { kind: 'data-session', counters: ['bytesUp', 'bytesDown'], records: 288, figures, days };
}
