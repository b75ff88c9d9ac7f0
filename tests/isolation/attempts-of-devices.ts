import { pemOf } from '../../server/src/kernel/der/pem.ts';
import { deviceRequest } from '../../server/src/modules/devices/testing/test-root.ts';
import type { Attempt, Exempt } from './attempts.ts';

const REQUEST = pemOf('CERTIFICATE REQUEST', deviceRequest([]).der);
const plain = (path: string, body?: object): Attempt => ({
  path: `/api/v1${path}`,
  ...(body === undefined
    ? {}
    : { body: JSON.stringify(body).replaceAll('"{x}"', '{x}'), type: 'application/json' }),
});
const of = (
  kind: 'device-authority' | 'device-certificate' | 'device-fleet',
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
  'GET /api/v1/device-fleets': [plain('/device-fleets?limit=500')],
  'POST /api/v1/device-fleets': [
    of('device-authority', '/device-fleets', { name: 'mine', product: 'meter-3', authority: '{x}' }),
  ],
  'POST /api/v1/device-fleets/{id}/close': [of('device-fleet', '/device-fleets/{x}/close', {})],
  'POST /api/v1/device-fleets/{id}/expected': [
    of('device-fleet', '/device-fleets/{x}/expected', { serials: ['A1'] }),
  ],
  'GET /api/v1/device-enrolments': [
    plain('/device-enrolments?limit=500'),
    of('device-fleet', '/device-enrolments?fleet={x}'),
  ],
  'GET /api/v1/certificates': [
    plain('/certificates?limit=500'),
    of('device-authority', '/certificates?authority={x}'),
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
