import { pemOf } from '../../server/src/kernel/der/pem.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import type { Attempt, Exempt } from './attempts.ts';
import type { IdKind } from './scene.ts';

const REQUEST = pemOf('CERTIFICATE REQUEST', deviceRequest([]).der);
const plain = (path: string, body?: object): Attempt => ({
  path: `/api/v1${path}`,
  ...(body === undefined
    ? {}
    : { body: JSON.stringify(body).replaceAll('"{x}"', '{x}'), type: 'application/json' }),
});
const of = (
  kind: Extract<IdKind, `device-${string}` | 'certificate-revocation'>,
  path: string,
  body?: object,
): Attempt => ({
  ...plain(path, body),
  kind,
});
const PUBLIC: Exempt = {
  why: 'signed and public: it stands in certificates, and is asked for by whoever meets one',
};
const OWN_RIGHTS: Exempt = { why: 'rights of the own party alone' };

/** Devices, certificates and authorities: East's by their numbers. */
export const DEVICE_ATTEMPTS: Readonly<Record<string, readonly Attempt[] | Exempt>> = {
  'POST /api/v1/devices': { why: 'a device of the own party' },
  'GET /api/v1/certificate-profiles': { why: 'the same for everybody' },
  'GET /api/v1/device-authorities': [plain('/device-authorities?limit=500')],
  'POST /api/v1/device-authorities': { why: 'an authority of the own party' },
  'GET /api/v1/device-authorities/{id}': [of('device-authority', '/device-authorities/{x}')],
  'POST /api/v1/device-authorities/{id}/certificate': [
    of('device-authority', '/device-authorities/{x}/certificate', { certificate: REQUEST, above: REQUEST }),
  ],
  'POST /api/v1/device-authorities/{id}/retire': [
    of('device-authority', '/device-authorities/{x}/retire', {}),
  ],
  'POST /api/v1/device-authorities/{id}/rotate': [
    of('device-authority', '/device-authorities/{x}/rotate', {}),
  ],
  'GET /api/v1/device-fleets': [plain('/device-fleets?limit=500')],
  'POST /api/v1/device-fleets': [
    of('device-authority', '/device-fleets', { name: 'mine', product: 'meter-3', authority: '{x}' }),
  ],
  'POST /api/v1/device-fleets/{id}/close': [of('device-fleet', '/device-fleets/{x}/close', {})],
  'POST /api/v1/device-fleets/{id}/expected': [
    of('device-fleet', '/device-fleets/{x}/expected', { serials: ['A1'] }),
  ],
  'GET /api/v1/device-claims': [
    plain('/device-claims?limit=500'),
    of('device-fleet', '/device-claims?fleet={x}'),
  ],
  'POST /api/v1/device-claims': [
    of('device-fleet', '/device-claims', { fleet: '{x}', title: 'mine', request: REQUEST, devices: 1 }),
  ],
  'GET /api/v1/device-approvals': [
    plain('/device-approvals?limit=500'),
    of('device-fleet', '/device-approvals?fleet={x}'),
  ],
  'POST /api/v1/device-approvals/{id}/approve': [of('device-approval', '/device-approvals/{x}/approve', {})],
  'POST /api/v1/device-approvals/{id}/decline': [of('device-approval', '/device-approvals/{x}/decline', {})],
  'GET /api/v1/certificate-forecast': [plain('/certificate-forecast?weeks=520')],
  'GET /api/v1/certificate-forecast/metrics': [plain('/certificate-forecast/metrics?weeks=520')],
  'GET /api/v1/device-audits': [plain('/device-audits')],
  'POST /api/v1/device-audits/run': { why: 'looks at what is the own party’s' },
  'GET /api/v1/device-audit-results': [plain('/device-audit-results?limit=500&all=true')],
  'POST /api/v1/device-audit-results/{id}/verify': [
    of('device-audit-result', '/device-audit-results/{x}/verify', { verification: 'false-positive' }),
  ],
  'GET /api/v1/device-enrolments': [
    plain('/device-enrolments?limit=500'),
    of('device-fleet', '/device-enrolments?fleet={x}'),
  ],
  'GET /api/v1/certificates': [
    plain('/certificates?limit=500'),
    of('device-authority', '/certificates?authority={x}'),
    of('device-certificate', '/certificates?claim={x}'),
  ],
  'POST /api/v1/certificates': [
    plain('/certificates', { device: 'meter-3:EASTMARK', authority: 1, request: REQUEST }),
  ],
  'GET /api/v1/certificates/{id}': [of('device-certificate', '/certificates/{x}')],
  'POST /api/v1/certificates/{id}/revoke': [
    of('device-certificate', '/certificates/{x}/revoke', { reason: 'superseded', why: 'mine' }),
  ],
  'POST /api/v1/certificates/{id}/hold': [
    of('device-certificate', '/certificates/{x}/hold', { why: 'mine' }),
  ],
  'POST /api/v1/certificates/{id}/release': [
    of('device-certificate', '/certificates/{x}/release', { why: 'mine' }),
  ],
  'POST /api/v1/certificate-revocations/preview': [
    of('device-authority', '/certificate-revocations/preview', { selection: { authority: '{x}' } }),
    of('device-certificate', '/certificate-revocations/preview', { selection: { certificates: ['{x}'] } }),
  ],
  'GET /api/v1/certificate-revocations': [plain('/certificate-revocations?limit=500')],
  'POST /api/v1/certificate-revocations': [
    of('device-authority', '/certificate-revocations', {
      ...{ selection: { authority: '{x}' }, reason: 'superseded', expected: 1, why: 'mine' },
    }),
  ],
  'GET /api/v1/certificate-revocations/{id}': [of('certificate-revocation', '/certificate-revocations/{x}')],
  'POST /api/v1/certificate-revocations/{id}/approve': [
    of('certificate-revocation', '/certificate-revocations/{x}/approve', {}),
  ],
  'POST /api/v1/certificate-revocations/{id}/withdraw': [
    of('certificate-revocation', '/certificate-revocations/{x}/withdraw', { note: 'mine' }),
  ],
  'GET /api/v1/gateway/rights': [plain('/gateway/rights')],
  'PUT /api/v1/gateway/rights/{product}': OWN_RIGHTS,
  'POST /api/v1/gateway/rights/{product}/grant': OWN_RIGHTS,
  'POST /api/v1/gateway/rights/{product}/revoke': OWN_RIGHTS,
  'GET /api/v1/gateway/endings': [
    plain('/gateway/endings?limit=500'),
    of('device-certificate', '/gateway/endings?certificate={x}'),
  ],
  'GET /api/v1/gateway/withheld': [of('device-certificate', '/gateway/withheld?certificate={x}')],
  'GET /pki/{authority}/certificate.cer': PUBLIC,
  'GET /pki/{authority}/{list}': PUBLIC,
  'POST /pki/ocsp': PUBLIC,
  'GET /pki/ocsp/{*}': PUBLIC,
};
