import type { Attempt, Exempt } from './attempts.ts';

const plain = (path: string, body?: object): Attempt => ({
  path: `/api/v1${path}`,
  ...(body === undefined ? {} : { body: JSON.stringify(body), type: 'application/json' }),
});
const ofSubscription: Attempt = {
  kind: 'camara-subscription',
  path: '/api/v1/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions/{x}',
};
const DIGEST = 'a'.repeat(64);

/** Contracts, openings, bindings, resellers, the chain of responsibility and inspections: East's by their numbers. */
export const SALE_ATTEMPTS: Readonly<Record<string, readonly Attempt[] | Exempt>> = {
  'GET /api/v1/card-drifts': [plain('/card-drifts?limit=500&all=true')],
  'GET /api/v1/subjects/{id}/standing': [{ ...plain('/subjects/{x}/standing'), kind: 'subject' }],
  'GET /api/v1/source-polls': [plain('/source-polls?limit=500')],
  'PUT /api/v1/sources/{id}/poll': [
    { ...plain('/sources/{x}/poll', { provider: 1, from: '2026-01-01' }), kind: 'source' },
  ],
  'DELETE /api/v1/sources/{id}/poll': [{ ...plain('/sources/{x}/poll'), kind: 'source' }],
  'POST /api/v1/sources/{id}/poll/now': [{ ...plain('/sources/{x}/poll/now', {}), kind: 'source' }],
  'GET /api/v1/feed-shortfalls': [plain('/feed-shortfalls?limit=500&all=true')],
  'GET /api/v1/provider-comparisons': [plain('/provider-comparisons?limit=500')],
  'POST /api/v1/providers/{id}/compare': [plain('/providers/1/compare', {})],
  'GET /api/v1/providers/{id}/defaults': [plain('/providers/1/defaults')],
  'POST /api/v1/providers/{id}/defaults/close': [plain('/providers/1/defaults/close', {})],
  'GET /api/v1/contracts': [plain('/contracts?limit=500')],
  'GET /api/v1/contracts/{id}': [plain('/contracts/1')],
  'POST /api/v1/contracts': { why: 'a contract of the own party' },
  'PUT /api/v1/contracts/{id}': [plain('/contracts/1', { clauses: {} })],
  'POST /api/v1/contracts/{id}/sign': [plain('/contracts/1/sign', {})],
  'POST /api/v1/contracts/{id}/amend': [plain('/contracts/1/amend', { clauses: {} })],
  'POST /api/v1/contracts/{id}/end': [plain('/contracts/1/end', { reason: 'mine' })],
  'POST /api/v1/contracts/{id}/first-bill': [plain('/contracts/1/first-bill', {})],
  'GET /api/v1/openings': [plain('/openings?limit=500'), plain('/openings?contract=1')],
  'POST /api/v1/openings': [
    plain('/openings', { contract: 1, what: 'sms', why: 'mine', until: '2027-01-01T00:00:00Z' }),
  ],
  'POST /api/v1/openings/{id}/approve': [plain('/openings/1/approve', {})],
  'POST /api/v1/openings/{id}/refuse': [plain('/openings/1/refuse', { note: 'mine' })],
  'POST /api/v1/openings/{id}/revoke': [plain('/openings/1/revoke', { note: 'mine' })],
  'GET /api/v1/bindings': [plain('/bindings?iccid=REFERENCE')],
  'POST /api/v1/bindings': [plain('/bindings', { iccid: 'REFERENCE', imei: '35752007426533' })],
  'POST /api/v1/camara/iot-sim-fraud-prevention/{version}/bind': [
    plain('/camara/iot-sim-fraud-prevention/vwip/bind', {
      bindType: 'IMEIBIND',
      device: { phoneNumber: '+8614400000001' },
    }),
  ],
  'POST /api/v1/camara/iot-sim-fraud-prevention/{version}/unbind': [
    plain('/camara/iot-sim-fraud-prevention/vwip/unbind', {
      unBindType: 'IMEIBIND',
      device: { phoneNumber: '+8614400000001' },
    }),
  ],
  'POST /api/v1/camara/iot-sim-fraud-prevention/{version}/query': [
    plain('/camara/iot-sim-fraud-prevention/vwip/query', {
      queryType: 'IMEIBIND',
      device: { phoneNumber: '+8614400000001' },
    }),
  ],
  'POST /api/v1/camara/iot-sim-fraud-prevention-subscriptions/{version}/subscriptions': [
    plain('/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions', {
      types: ['org.camaraproject.iot-sim-fraud-prevention.v0.imei-change'],
      protocol: 'HTTP',
      sink: 'https://sink.example.org/',
      config: { subscriptionDetail: { device: { phoneNumber: '+8614400000001' } } },
    }),
  ],
  'GET /api/v1/camara/iot-sim-fraud-prevention-subscriptions/{version}/subscriptions': [
    plain('/camara/iot-sim-fraud-prevention-subscriptions/vwip/subscriptions'),
  ],
  'GET /api/v1/camara/iot-sim-fraud-prevention-subscriptions/{version}/subscriptions/{id}': [ofSubscription],
  'DELETE /api/v1/camara/iot-sim-fraud-prevention-subscriptions/{version}/subscriptions/{id}': [
    ofSubscription,
  ],
  'POST /api/v1/camara/callbacks/{id}': {
    why: 'for operators without an account; every event is proven by the token of its watch alone',
  },
  'GET /api/v1/camara-watches': [plain('/camara-watches')],
  'POST /api/v1/camara-watches': [
    plain('/camara-watches', { provider: 1, iccid: 'REFERENCE', event: 'imei-change' }),
  ],
  'DELETE /api/v1/camara-watches/{id}': [plain(`/camara-watches/${'f'.repeat(32)}`)],
  'GET /api/v1/camara-holds': [plain('/camara-holds?provider=1&iccid=REFERENCE')],
  'POST /api/v1/bindings/end': [plain('/bindings/end', { iccid: 'REFERENCE' })],
  'POST /api/v1/bindings/area': [plain('/bindings/area', { iccid: 'REFERENCE', held: false })],
  'POST /api/v1/swap-windows': [
    plain('/swap-windows', {
      iccid: 'REFERENCE',
      imei: '35752007426533',
      from: '2030-01-01T00:00:00Z',
      to: '2030-01-02T00:00:00Z',
      reason: 'mine',
    }),
  ],
  'GET /api/v1/resellers': [plain('/resellers?limit=500')],
  'GET /api/v1/resellers/{id}': [plain('/resellers/1')],
  'POST /api/v1/resellers': { why: 'a reseller of the own party' },
  'GET /api/v1/resellers/{id}/returns': [plain('/resellers/1/returns')],
  'POST /api/v1/resellers/{id}/returns': [
    plain('/resellers/1/returns', { what: 'stock', rows: [], statedStock: 1 }),
  ],
  'POST /api/v1/resellers/{id}/reconcile': [plain('/resellers/1/reconcile', {})],
  'GET /api/v1/sale-differences': [
    plain('/sale-differences?limit=500'),
    plain('/sale-differences?reseller=1'),
  ],
  'GET /api/v1/responsible': [plain('/responsible?limit=500')],
  'POST /api/v1/responsible': { why: 'a link of the own chain' },
  'GET /api/v1/duties': [plain('/duties?limit=500')],
  'POST /api/v1/duties': [plain('/duties', { responsible: 1, kind: 'monitoring', dueMs: 1_900_000_000_000 })],
  'POST /api/v1/duties/{id}/proof': [plain('/duties/1/proof', { proof: DIGEST })],
  'GET /api/v1/duty-gaps': [plain('/duty-gaps')],
  'GET /api/v1/inspections': [plain('/inspections?limit=500')],
  'POST /api/v1/inspections': { why: 'draws among the own cards' },
  'GET /api/v1/inspections/{id}/samples': [plain('/inspections/1/samples')],
  'POST /api/v1/inspection-samples/{id}/result': [
    plain('/inspection-samples/1/result', { result: 'failed' }),
  ],
  'GET /api/v1/penalties': [plain('/penalties')],
};
