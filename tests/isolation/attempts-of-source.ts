import type { Attempt, Exempt } from './attempts.ts';

const json = 'application/json';
const plain = (path: string, body?: object): Attempt =>
  body === undefined ? { path } : { path, body: JSON.stringify(body), type: json };
const of = (kind: 'card-batch' | 'esim-pool', path: string, body?: object): Attempt => ({
  ...plain(path, body),
  kind,
});

/** Where cards come from: suppliers, blocks, batches, pools, moves and risks, East's by their numbers. */
export const SOURCE_ATTEMPTS: Readonly<Record<string, readonly Attempt[] | Exempt>> = {
  'POST /api/v1/card-suppliers': { why: 'registers at the own party' },
  'POST /api/v1/card-holders': { why: 'registers at the own party' },
  'POST /api/v1/card-sellers': { why: 'registers at the own party' },
  'POST /api/v1/number-blocks': [
    plain('/api/v1/number-blocks', { supplier: 'REFERENCE', kind: 'iccid', first: '8986', last: '8987' }),
  ],
  'GET /api/v1/number-blocks': [plain('/api/v1/number-blocks?limit=500')],
  'POST /api/v1/card-batches': [
    plain('/api/v1/card-batches', { reference: 'mine', supplier: 'REFERENCE', form: 'esim', ordered: 1 }),
  ],
  'GET /api/v1/card-batches': [plain('/api/v1/card-batches?limit=500')],
  'GET /api/v1/card-batches/{id}': [of('card-batch', '/api/v1/card-batches/{x}')],
  'POST /api/v1/card-batches/{id}/cards': [
    of('card-batch', '/api/v1/card-batches/{x}/cards', { cards: [{ iccid: '89860000000000000001' }] }),
  ],
  'POST /api/v1/esim-pools': { why: 'a pool of the own party' },
  'GET /api/v1/esim-pools': [plain('/api/v1/esim-pools?limit=500')],
  'POST /api/v1/esim-pools/{id}/chips': [
    of('esim-pool', '/api/v1/esim-pools/{x}/chips', { eids: ['89049032123451234512345678901235'] }),
  ],
  'POST /api/v1/esim-profiles/{iccid}/state': [
    plain('/api/v1/esim-profiles/REFERENCE/state', { state: 'enabled' }),
  ],
  'GET /api/v1/cards': [plain('/api/v1/cards?limit=500'), plain('/api/v1/cards?holder=REFERENCE')],
  'GET /api/v1/cards/{iccid}': [plain('/api/v1/cards/REFERENCE')],
  'GET /api/v1/card-moves': [plain('/api/v1/card-moves?limit=500')],
  'POST /api/v1/card-moves': [plain('/api/v1/card-moves', { act: 'take-in', cards: ['REFERENCE'] })],
  'POST /api/v1/risk-assessments': [
    plain('/api/v1/risk-assessments', { of: 'card', reference: 'REFERENCE', inputs: {} }),
  ],
  'GET /api/v1/risk/{of}/{reference}': [plain('/api/v1/risk/card/REFERENCE')],
  'GET /api/v1/card-catalogues/{kind}': { why: 'the same for everybody' },
};
