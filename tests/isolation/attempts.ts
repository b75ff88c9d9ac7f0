import { DEVICE_ATTEMPTS } from './attempts-of-devices.ts';
import { SALE_ATTEMPTS } from './attempts-of-sale.ts';
import { SOURCE_ATTEMPTS } from './attempts-of-source.ts';
import type { IdKind, Scene } from './scene.ts';

/** One request; `{x}` in its text stands for an id of East's or for one that is nobody's. */
export interface Attempt {
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
  /** What `{x}` stands for. */
  readonly kind?: IdKind;
}

/** An id of the same shape that nobody has. */
export const ABSENT: Readonly<Record<IdKind, string>> = {
  party: '987654321',
  person: 'Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz',
  session: 'Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz9Zz',
  'api-key': 'zz9zz9zz9zz9zz9z',
  subject: '987654321',
  source: '987654321',
  batch: '987654321',
  held: '987654321',
  finding: 'f'.repeat(64),
  case: '987654321',
  measure: '987654321',
  'measure-proposal': '987654321',
  'measure-batch': '987654321',
  'clear-export': '987654321',
  provider: '987654321',
  hook: 'f'.repeat(32),
  subscriber: '987654321',
  holder: 'h-ffffffffffffffff',
  'remedy-notice': '987654321',
  're-verification': '987654321',
  appeal: '987654321',
  'authority-report': '987654321',
  'informant-report': '987654321',
  'credit-entry': '987654321',
  'card-batch': '999999999',
  'esim-pool': '999999999',
  'device-authority': '987654321',
  'device-certificate': '987654321',
  'device-fleet': '987654321',
  'device-approval': '987654321',
  'device-audit-result': '987654321',
  'certificate-revocation': '987654321',
  'camara-subscription': '987654321',
};

const json = 'application/json';
const of = (kind: IdKind, path: string, body?: object | string, type = json): Attempt =>
  body === undefined
    ? { kind, path }
    : {
        kind,
        path,
        body: typeof body === 'string' ? body : JSON.stringify(body).replaceAll('"{x}"', '{x}'),
        type,
      };
const plain = (path: string, body?: object): Attempt =>
  body === undefined ? { path } : { path, body: JSON.stringify(body), type: json };

/** A batch of orders over what is East's, by each way of naming it. */
const ofBatch = (path: string, more: object): readonly Attempt[] => [
  of('case', path, { ...more, kind: 'suspend-card', of: { case: '{x}' } }),
  of('finding', path, JSON.stringify({ ...more, kind: 'suspend-card', of: { finding: '{x}' } })),
  of('measure-batch', path, { ...more, kind: 'suspend-card', of: { batch: '{x}' } }),
];

const CLEAR_EXPORT = {
  ...{ from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z', purpose: 'authority-request' },
  ...{ ground: 'art. 12', reference: 'file 1', why: 'asked for' },
};

/** A route that has nothing of a party in it, and why. */
export interface Exempt {
  readonly why: string;
}

/**
 * What is tried at each route. Every route of the OpenAPI document must be here: one that is added and not thought
 * about fails the suite.
 */
export const ATTEMPTS: Readonly<Record<string, readonly Attempt[] | Exempt>> = {
  ...SALE_ATTEMPTS,
  ...DEVICE_ATTEMPTS,
  ...SOURCE_ATTEMPTS,
  'GET /healthz': { why: 'alive or not' },
  'GET /readyz': { why: 'ready or not' },
  'GET /metrics': [plain('/metrics')],
  'GET /api/v1/status': [plain('/api/v1/status')],
  'POST /api/v1/login': { why: 'needs the password; its answers are held in the tests of signing in' },
  'GET /api/v1/login/options': { why: 'the same for everybody' },
  'POST /api/v1/login/provider': { why: 'begins a trip to the provider; an invitation is its own secret' },
  'POST /api/v1/logout': { why: 'ends the session of whoever asks' },
  'GET /api/v1/me': [plain('/api/v1/me')],
  'GET /api/v1/me/parties': [plain('/api/v1/me/parties')],
  'POST /api/v1/me/password': [
    plain('/api/v1/me/password', { current: 'x', next: 'a long enough phrase 9' }),
  ],
  'GET /api/v1/me/sessions': [plain('/api/v1/me/sessions')],
  'DELETE /api/v1/me/sessions': { why: 'ends other sessions of whoever asks' },
  'DELETE /api/v1/me/sessions/{id}': [of('session', '/api/v1/me/sessions/{x}')],
  'GET /api/v1/people/{id}/sessions': [of('person', '/api/v1/people/{x}/sessions')],
  'DELETE /api/v1/people/{id}/sessions': [of('person', '/api/v1/people/{x}/sessions')],
  'DELETE /api/v1/people/{id}/sessions/{sessionId}': [
    of('session', '/api/v1/people/WEST/sessions/{x}'),
    of('person', '/api/v1/people/{x}/sessions/SESSION'),
  ],
  'GET /api/v1/me/second-factor': [plain('/api/v1/me/second-factor')],
  'POST /api/v1/me/second-factor': { why: 'the own account alone, by its password' },
  'POST /api/v1/me/second-factor/confirmation': { why: 'the own account alone' },
  'POST /api/v1/me/second-factor/recovery-codes': { why: 'the own account alone, by its password' },
  'POST /api/v1/me/second-factor/removal': { why: 'the own account alone, by its password' },
  'DELETE /api/v1/people/{id}/second-factor': [of('person', '/api/v1/people/{x}/second-factor')],
  'GET /ledger/checkpoint': { why: 'public' },
  'GET /ledger/checkpoint/cosigned': { why: 'public' },
  'GET /ledger/tile/{*}': [plain('/ledger/tile/entries/000'), plain('/ledger/tile/entries/BUNDLE')],
  'GET /api/v1/ledger/key': { why: 'public' },
  'GET /api/v1/ledger/proofs': (
    [
      'party',
      'person',
      'api-key',
      'subject',
      'source',
      'batch',
      'finding',
      'case',
      'measure',
      'provider',
    ] as const
  ).map(kind => of(kind, `/api/v1/ledger/proofs?object=${kind}/{x}`)),
  'POST /api/v1/ledger/succession': [
    plain('/api/v1/ledger/succession', { reason: 'because it is West who asks' }),
  ],
  // What is in the archive is read in tests/regulator; here, that a stranger's request shows nothing.
  'POST /api/v1/regulator-exports': [
    plain('/api/v1/regulator-exports', { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }),
  ],
  'GET /api/v1/clear-exports': [plain('/api/v1/clear-exports?limit=500')],
  'GET /api/v1/clear-exports/{id}': [of('clear-export', '/api/v1/clear-exports/{x}')],
  'POST /api/v1/clear-exports': [plain('/api/v1/clear-exports', CLEAR_EXPORT)],
  'POST /api/v1/clear-exports/{id}/decision': ['confirm', 'refuse', 'withdraw'].map(deed =>
    of('clear-export', '/api/v1/clear-exports/{x}/decision', { deed }),
  ),
  'POST /api/v1/clear-exports/{id}/archive': [of('clear-export', '/api/v1/clear-exports/{x}/archive', {})],
  'GET /api/v1/parties': [plain('/api/v1/parties?limit=500')],
  'POST /api/v1/parties': [
    of('party', '/api/v1/parties', { kind: 'customer', name: { en: 'x', zh: 'x' }, parentId: '{x}' }),
  ],
  'GET /api/v1/parties/{id}': [of('party', '/api/v1/parties/{x}')],
  'GET /api/v1/people': [plain('/api/v1/people?limit=500')],
  'POST /api/v1/people': [
    of('party', '/api/v1/people', {
      email: 'sly@west.example',
      name: 'Sly',
      role: 'auditor',
      partyId: '{x}',
    }),
  ],
  'POST /api/v1/people/{id}/roles': [
    of('person', '/api/v1/people/{x}/roles', { role: 'auditor' }),
    of('party', '/api/v1/people/WEST/roles', { role: 'auditor', partyId: '{x}' }),
  ],
  'DELETE /api/v1/people/{id}/roles/{role}': [
    of('person', '/api/v1/people/{x}/roles/administrator'),
    of('party', '/api/v1/people/EASTPERSON/roles/administrator?partyId={x}'),
  ],
  'POST /api/v1/people/{id}/one-time-password': [of('person', '/api/v1/people/{x}/one-time-password', {})],
  'POST /api/v1/people/{id}/shut-out': [of('person', '/api/v1/people/{x}/shut-out', {})],
  'POST /api/v1/people/{id}/provider-invitation': [of('person', '/api/v1/people/{x}/provider-invitation')],
  'DELETE /api/v1/people/{id}/provider-link': [of('person', '/api/v1/people/{x}/provider-link')],
  'GET /api/v1/api-keys': [plain('/api/v1/api-keys?limit=500')],
  'POST /api/v1/api-keys': [
    of('subject', '/api/v1/api-keys', { title: 'k', scopes: ['registry:read'], subject: '{x}' }),
  ],
  'DELETE /api/v1/api-keys/{id}': [of('api-key', '/api/v1/api-keys/{x}')],
  'POST /api/v1/api-keys/{id}/rotation': [of('api-key', '/api/v1/api-keys/{x}/rotation', { graceHours: 0 })],
  'GET /api/v1/subscribers': [plain('/api/v1/subscribers?limit=500')],
  'POST /api/v1/subscribers': {
    why: 'a subscriber of the own party; what it is told is East’s alone by its rows',
  },
  'POST /api/v1/subscribers/{id}/secret': [of('subscriber', '/api/v1/subscribers/{x}/secret', {})],
  'DELETE /api/v1/subscribers/{id}': [of('subscriber', '/api/v1/subscribers/{x}')],
  'GET /api/v1/subscribers/{id}/notices': [of('subscriber', '/api/v1/subscribers/{x}/notices')],
  'GET /api/v1/subject-kinds': [plain('/api/v1/subject-kinds')],
  'GET /api/v1/imports': [plain('/api/v1/imports')],
  'GET /api/v1/stated-aliases': [plain('/api/v1/stated-aliases?limit=500')],
  'GET /api/v1/subjects': [
    plain('/api/v1/subjects?limit=500'),
    plain('/api/v1/subjects?reference=REFERENCE'),
    plain('/api/v1/subjects?claim=iccid:REFERENCE'),
    plain('/api/v1/subjects?kind=card'),
    plain('/api/v1/subjects?class=m2m'),
  ],
  'GET /api/v1/subjects/{id}': [of('subject', '/api/v1/subjects/{x}')],
  'GET /api/v1/contested-claims': [plain('/api/v1/contested-claims?limit=500')],
  'GET /api/v1/subjects/{id}/usage': [
    of('subject', '/api/v1/subjects/{x}/usage'),
    of('subject', '/api/v1/subjects/{x}/usage?from=2026-11-01T00:00:00Z&to=2026-11-30T00:00:00Z'),
  ],
  'GET /api/v1/radius/clients': [plain('/api/v1/radius/clients')],
  'POST /api/v1/radius/clients': [
    of(
      'source',
      '/api/v1/radius/clients',
      '{"name":"theirs","address":"192.0.2.77","sourceId":{x},"secretFile":"nas"}',
    ),
  ],
  'DELETE /api/v1/radius/clients/{id}': [plain('/api/v1/radius/clients/1')],
  'GET /api/v1/radius/sessions': [plain('/api/v1/radius/sessions?open=false')],
  'POST /api/v1/radius/authorize': [plain('/api/v1/radius/authorize', { '3GPP-IMSI': '262011000000000' })],
  'GET /api/v1/sources': [plain('/api/v1/sources?limit=500')],
  'POST /api/v1/sources': { why: 'a source of the own party; taken names are tried in the scene of names' },
  'GET /api/v1/exports/{name}': [plain('/api/v1/exports/cards'), plain('/api/v1/exports/cards?format=xlsx')],
  'GET /api/v1/exports/records': [
    of('source', '/api/v1/exports/records?source={x}'),
    of('subject', '/api/v1/exports/records?subject={x}&format=xlsx'),
  ],
  'GET /api/v1/formats': { why: 'the same for everybody' },
  'GET /api/v1/sources/{id}': [of('source', '/api/v1/sources/{x}')],
  'POST /api/v1/sources/{id}/volumes/confirmation': [
    of('source', '/api/v1/sources/{x}/volumes/confirmation', {}),
  ],
  'GET /api/v1/sources/{id}/hooks': [of('source', '/api/v1/sources/{x}/hooks')],
  'POST /api/v1/sources/{id}/hooks': [of('source', '/api/v1/sources/{x}/hooks', { scheme: 'token' })],
  'DELETE /api/v1/hooks/{id}': [of('hook', '/api/v1/hooks/{x}')],
  'POST /hooks/{id}': {
    why: 'for platforms without an account; every push is proven by the secret of its hook',
  },
  'GET /api/v1/batches': [plain('/api/v1/batches?limit=500'), of('source', '/api/v1/batches?source={x}')],
  'GET /api/v1/batches/{id}': [of('batch', '/api/v1/batches/{x}')],
  'GET /api/v1/quarantine': [
    plain('/api/v1/quarantine?limit=500'),
    of('source', '/api/v1/quarantine?source={x}'),
    plain('/api/v1/quarantine?state=open'),
  ],
  'GET /api/v1/quarantine/{id}': [of('held', '/api/v1/quarantine/{x}')],
  'POST /api/v1/quarantine/{id}/replay': [
    of('held', '/api/v1/quarantine/{x}/replay', {}),
    of('held', '/api/v1/quarantine/{x}/replay', { mended: 'a,b' }),
  ],
  'POST /api/v1/quarantine/{id}/discard': [of('held', '/api/v1/quarantine/{x}/discard', { reason: 'x' })],
  'GET /api/v1/rules': [plain('/api/v1/rules')],
  'GET /api/v1/rules/{id}': [plain('/api/v1/rules/card-in-another-device')],
  'POST /api/v1/rules/{id}/check': [plain('/api/v1/rules/mine/check', { text: 'id: mine' })],
  'POST /api/v1/rules/{id}/arm': [plain('/api/v1/rules/card-in-another-device/arm', {})],
  'POST /api/v1/rules/{id}/back-tests': [
    plain('/api/v1/rules/card-in-another-device/back-tests', { fromMs: 0, toMs: 2_000_000_000_000 }),
    plain('/api/v1/rules/card-in-another-device/back-tests', {
      fromMs: 0,
      toMs: 2_000_000_000_000,
      references: ['REFERENCE'],
    }),
  ],
  'GET /api/v1/rules/{id}/back-tests': [plain('/api/v1/rules/card-in-another-device/back-tests')],
  'GET /api/v1/rules/{id}/back-tests/{number}': [plain('/api/v1/rules/card-in-another-device/back-tests/1')],
  'POST /api/v1/rules/{id}/back-tests/{number}/cancel': [
    plain('/api/v1/rules/card-in-another-device/back-tests/1/cancel', {}),
  ],
  'GET /api/v1/provider-findings/comparison': [plain('/api/v1/provider-findings/comparison?days=400')],
  'GET /api/v1/device-models/seen': [plain('/api/v1/device-models/seen?days=400')],
  'GET /api/v1/findings': [
    plain('/api/v1/findings?limit=500'),
    plain('/api/v1/findings?rule=card-in-another-device'),
    of('subject', '/api/v1/findings?subject={x}'),
    of('case', '/api/v1/findings?case={x}'),
    plain('/api/v1/findings?standing=found'),
  ],
  'GET /api/v1/findings/{id}': [of('finding', '/api/v1/findings/{x}')],
  'GET /api/v1/cases': [
    plain('/api/v1/cases?limit=500'),
    plain('/api/v1/cases?state=open'),
    plain('/api/v1/cases?rule=card-in-another-device'),
  ],
  'GET /api/v1/cases/{id}': [of('case', '/api/v1/cases/{x}')],
  'GET /api/v1/cases/{id}/acts': [of('case', '/api/v1/cases/{x}/acts')],
  'POST /api/v1/cases/{id}/notes': [of('case', '/api/v1/cases/{x}/notes', { text: 'mine' })],
  'POST /api/v1/cases/{id}/assign': [of('case', '/api/v1/cases/{x}/assign', { ownerId: 'WEST' })],
  'POST /api/v1/cases/{id}/close': [of('case', '/api/v1/cases/{x}/close', { reason: 'mine' })],
  'GET /api/v1/cases/{id}/evidence': [of('case', '/api/v1/cases/{x}/evidence')],
  'GET /api/v1/measures': [
    plain('/api/v1/measures?limit=500'),
    of('case', '/api/v1/measures?case={x}'),
    plain('/api/v1/measures?state=decided'),
  ],
  'GET /api/v1/measures/{id}': [of('measure', '/api/v1/measures/{x}')],
  'POST /api/v1/cases/{id}/measures': [
    of('case', '/api/v1/cases/{x}/measures', { kind: 'suspend-card' }),
    of('case', '/api/v1/cases/{x}/measures', { kind: 'suspend-card', providerId: 1 }),
  ],
  'GET /api/v1/measure-ladders': [plain('/api/v1/measure-ladders')],
  'GET /api/v1/cases/{id}/ladder': [of('case', '/api/v1/cases/{x}/ladder')],
  'POST /api/v1/cases/{id}/ladder': [of('case', '/api/v1/cases/{x}/ladder', { deed: 'climb' })],
  'GET /api/v1/subjects/{id}/critical': [of('subject', '/api/v1/subjects/{x}/critical')],
  'POST /api/v1/subjects/{id}/critical': [
    of('subject', '/api/v1/subjects/{x}/critical', { critical: true, why: 'mine' }),
    of('subject', '/api/v1/subjects/{x}/critical', { critical: false, why: 'mine' }),
  ],
  'POST /api/v1/measure-batches/preview': [
    plain('/api/v1/measure-batches/preview', { kind: 'suspend-card', of: { cards: ['REFERENCE'] } }),
    ...ofBatch('/api/v1/measure-batches/preview', {}),
  ],
  'POST /api/v1/measure-batches': [
    plain('/api/v1/measure-batches', { kind: 'suspend-card', why: 'mine', of: { cards: ['REFERENCE'] } }),
    ...ofBatch('/api/v1/measure-batches', { why: 'mine', key: 'mine' }),
  ],
  'POST /api/v1/measure-batches/lists': { why: 'reads a file of the caller and looks nothing up' },
  'GET /api/v1/measure-batches': [plain('/api/v1/measure-batches?limit=500')],
  'GET /api/v1/measure-batches/{id}': [of('measure-batch', '/api/v1/measure-batches/{x}')],
  'GET /api/v1/measure-batches/{id}/cards': [of('measure-batch', '/api/v1/measure-batches/{x}/cards')],
  'POST /api/v1/measure-batches/{id}/cancel': [
    of('measure-batch', '/api/v1/measure-batches/{x}/cancel', { reason: 'mine' }),
  ],
  'POST /api/v1/measure-batches/{id}/close-cases': [
    of('measure-batch', '/api/v1/measure-batches/{x}/close-cases', { reason: 'mine' }),
  ],
  'POST /api/v1/measure-batches/{id}/retry': [of('measure-batch', '/api/v1/measure-batches/{x}/retry', {})],
  'GET /api/v1/measure-proposals': [
    plain('/api/v1/measure-proposals?limit=500'),
    of('case', '/api/v1/measure-proposals?case={x}'),
  ],
  'POST /api/v1/cases/{id}/measure-proposals': [
    of('case', '/api/v1/cases/{x}/measure-proposals', { kind: 'suspend-card', why: 'mine' }),
  ],
  'POST /api/v1/measure-proposals/{id}/decision': [
    of('measure-proposal', '/api/v1/measure-proposals/{x}/decision', { deed: 'approve' }),
    of('measure-proposal', '/api/v1/measure-proposals/{x}/decision', { deed: 'refuse' }),
    of('measure-proposal', '/api/v1/measure-proposals/{x}/decision', { deed: 'withdraw' }),
  ],
  'POST /api/v1/measures/{id}/lift': [of('measure', '/api/v1/measures/{x}/lift', { reason: 'mine' })],
  'GET /api/v1/providers': [plain('/api/v1/providers?limit=500')],
  'POST /api/v1/providers': {
    why: 'a provider of the own party; taken names are tried in the scene of names',
  },
  'PUT /api/v1/providers/{id}/credentials': [
    of('provider', '/api/v1/providers/{x}/credentials', { fields: { application_token: 'mine' } }),
  ],
  'POST /api/v1/providers/{id}/resume': [of('provider', '/api/v1/providers/{x}/resume', { reason: 'mine' })],
  'GET /api/v1/providers/{id}/state': [
    of('provider', '/api/v1/providers/{x}/state?card=8988303000012345678'),
  ],
  'GET /api/v1/providers/{id}/usage': [
    of('provider', '/api/v1/providers/{x}/usage?card=8988303000012345678'),
  ],
  'GET /api/v1/providers/{id}/cards': [of('provider', '/api/v1/providers/{x}/cards')],
  'GET /api/v1/measure-policies': [plain('/api/v1/measure-policies?limit=500')],
  'PUT /api/v1/measure-policies': { why: 'a policy of the own party' },
  'GET /api/v1/persons': [plain('/api/v1/persons?limit=500')],
  'POST /api/v1/persons': { why: 'a person of the own party; an identity of East’s is unknown to West' },
  'GET /api/v1/persons/{handle}': [of('holder', '/api/v1/persons/{x}')],
  'GET /api/v1/persons/{handle}/looks': [of('holder', '/api/v1/persons/{x}/looks?limit=500')],
  'POST /api/v1/persons/{handle}/looks': [
    of('holder', '/api/v1/persons/{x}/looks', { use: 'case-work', caseId: 1 }),
  ],
  'POST /api/v1/persons/{handle}/verifications': [
    of('holder', '/api/v1/persons/{x}/verifications', {
      documentId: 1,
      outcome: 'verified',
      method: 'in-person',
    }),
  ],
  'POST /api/v1/persons/{handle}/end': [of('holder', '/api/v1/persons/{x}/end', { reason: 'mine' })],
  'POST /api/v1/persons/{handle}/credit-entries': [
    of('holder', '/api/v1/persons/{x}/credit-entries', {
      class: 'minor',
      authority: 'x',
      authorityLevel: 'prefecture',
      decisionNumber: '1',
      decisionDate: '2026-01-01',
      decision: 'eHh4',
    }),
  ],
  'GET /api/v1/vault': [plain('/api/v1/vault')],
  'POST /api/v1/vault/roots': [plain('/api/v1/vault/roots', {})],
  'DELETE /api/v1/vault/roots/{root}': [plain('/api/v1/vault/roots/1')],
  'GET /api/v1/re-verifications': [
    plain('/api/v1/re-verifications?limit=500'),
    of('case', '/api/v1/re-verifications?case={x}'),
  ],
  'POST /api/v1/cases/{id}/re-verifications': [
    of('case', '/api/v1/cases/{x}/re-verifications', { reason: 'mine' }),
  ],
  'POST /api/v1/re-verifications/{id}/identity': [
    of('re-verification', '/api/v1/re-verifications/{x}/identity', { person: 'h-ffffffffffffffff' }),
  ],
  'POST /api/v1/re-verifications/{id}/scenario': [
    of('re-verification', '/api/v1/re-verifications/{x}/scenario', {}),
  ],
  'POST /api/v1/re-verifications/{id}/failure': [
    of('re-verification', '/api/v1/re-verifications/{x}/failure', { reason: 'mine' }),
  ],
  'GET /api/v1/remedy-notices': [
    plain('/api/v1/remedy-notices?limit=500'),
    of('case', '/api/v1/remedy-notices?case={x}'),
  ],
  'GET /api/v1/remedy-notices/{id}': [of('remedy-notice', '/api/v1/remedy-notices/{x}')],
  'POST /api/v1/remedy-notices/{id}/sent': [
    of('remedy-notice', '/api/v1/remedy-notices/{x}/sent', { channel: 'letter' }),
  ],
  'GET /api/v1/appeals': [
    plain('/api/v1/appeals?limit=500'),
    of('case', '/api/v1/appeals?case={x}'),
    plain('/api/v1/appeals?state=received'),
  ],
  'POST /api/v1/cases/{id}/appeals': [of('case', '/api/v1/cases/{x}/appeals', { text: 'mine' })],
  'POST /api/v1/appeals/{id}/answer': [
    of('appeal', '/api/v1/appeals/{x}/answer', { outcome: 'rejected', reason: 'mine' }),
  ],
  'POST /api/v1/appeals/{id}/looks': [of('appeal', '/api/v1/appeals/{x}/looks', {})],
  'POST /api/v1/open/appeals': { why: 'needs the code of a notice; bounded, see its own tests' },
  'POST /api/v1/open/appeals/status': { why: 'needs the code of a notice; bounded, see its own tests' },
  'GET /api/v1/authority-reports': [plain('/api/v1/authority-reports?limit=500')],
  'POST /api/v1/authority-reports': [
    of('case', '/api/v1/authority-reports', {
      addresseeKind: 'police',
      addressee: 'x',
      about: 'sim-box',
      basis: 'x',
      text: 'mine',
      caseId: '{x}',
    }),
  ],
  'POST /api/v1/authority-reports/{id}/sent': [
    of('authority-report', '/api/v1/authority-reports/{x}/sent', { channel: 'x', proof: 'eHh4' }),
  ],
  'POST /api/v1/authority-reports/{id}/acknowledgement': [
    of('authority-report', '/api/v1/authority-reports/{x}/acknowledgement', { theirNumber: '1' }),
  ],
  'POST /api/v1/authority-reports/{id}/looks': [
    of('authority-report', '/api/v1/authority-reports/{x}/looks', {}),
  ],
  'POST /api/v1/open/informant-reports': { why: 'for everybody; it is told nothing but its own receipt' },
  'POST /api/v1/open/informant-reports/status': { why: 'needs the receipt; bounded, see its own tests' },
  'GET /api/v1/informant-reports': [plain('/api/v1/informant-reports?limit=500')],
  'POST /api/v1/informant-reports/{id}/acknowledgement': [
    of('informant-report', '/api/v1/informant-reports/{x}/acknowledgement', {}),
  ],
  'POST /api/v1/informant-reports/{id}/answer': [
    of('informant-report', '/api/v1/informant-reports/{x}/answer', { outcome: 'not-ours', text: 'mine' }),
  ],
  'POST /api/v1/informant-reports/{id}/looks': [
    of('informant-report', '/api/v1/informant-reports/{x}/looks', { fields: ['text'] }),
  ],
  'GET /api/v1/credit-entries': [
    plain('/api/v1/credit-entries?limit=500'),
    of('holder', '/api/v1/credit-entries?person={x}'),
  ],
  'GET /api/v1/credit-entries/{id}': [of('credit-entry', '/api/v1/credit-entries/{x}')],
  'POST /api/v1/credit-entries/{id}/appeal': [
    of('credit-entry', '/api/v1/credit-entries/{x}/appeal', { text: 'mine' }),
  ],
  'POST /api/v1/credit-entries/{id}/appeal/answer': [
    of('credit-entry', '/api/v1/credit-entries/{x}/appeal/answer', { outcome: 'upheld' }),
  ],
  'POST /api/v1/credit-entries/{id}/repair': [
    of('credit-entry', '/api/v1/credit-entries/{x}/repair', { duties: 'eHh4', pledge: 'eHh4' }),
  ],
  'GET /api/v1/events': { why: 'a stream; see the test of its own' },
  'POST /api/v1/imports/{name}': { why: 'registers at the own party; see the test of shared numbers' },
  'POST /api/v1/sources/{id}/batches': [
    of('source', '/api/v1/sources/{x}/batches?name=mine', 'a,b\n1,2\n', 'application/octet-stream'),
  ],
  'POST /api/v1/sources/{id}/records': [
    of('source', '/api/v1/sources/{x}/records', 'a,b\n1,2\n', 'text/csv'),
    of('source', '/api/v1/sources/{x}/records', '{"a":1}'),
  ],
};

export function isExempt(tried: readonly Attempt[] | Exempt): tried is Exempt {
  return 'why' in tried;
}

/** The attempt with an id in it; words in capitals stand for what the scene knows. */
export function filled(
  attempt: Attempt,
  id: string,
  scene: Scene,
  reference: string,
): { path: string; body?: string } {
  const fill = (text: string): string =>
    text
      .replaceAll('{x}', id)
      .replaceAll('EASTPERSON', scene.east.userId)
      .replaceAll('WEST', scene.west.userId)
      .replaceAll('SESSION', scene.ids.session)
      .replaceAll('REFERENCE', reference)
      .replaceAll('BUNDLE', '000.p/1');
  return { path: fill(attempt.path), ...(attempt.body === undefined ? {} : { body: fill(attempt.body) }) };
}
