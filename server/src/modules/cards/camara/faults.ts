import { Refusal } from '../../../kernel/refusal.ts';
import type { Dialect } from '../../../spine/module-route.ts';

/** Every way the interface of CAMARA says no by itself. */
export const CAMARA_CODES = [
  'camara-argument',
  'camara-identifier-missing',
  'camara-identifier-unsupported',
  'camara-identifier-unknown',
  'camara-identifier-mismatch',
  'camara-identifier-unnecessary',
  'camara-imei-unbound-already',
  'camara-area-lifted-already',
  'camara-quota-exceeded',
  'camara-version-unknown',
  'camara-protocol',
  'camara-sink',
  'camara-credential',
  'camara-token',
  'camara-out-of-range',
  'camara-subscription-unknown',
  'camara-subscriptions-too-many',
  'camara-callback-unknown',
  'camara-callback-unproven',
  'camara-callback-gone',
  'camara-watch-unknown',
  'camara-watch-provider',
  'camara-watch-card',
  'camara-watch-until',
  'camara-watch-nowhere',
  'camara-watches-too-many',
] as const;
export type CamaraCode = (typeof CAMARA_CODES)[number];

/** `said` is the sentence the contract prescribes for an argument that is wrong. */
export function not(code: CamaraCode, said?: string): Refusal<CamaraCode> {
  return new Refusal<CamaraCode>(code, said === undefined ? {} : { detail: { said } });
}

/** Our codes as the contract names them; whatever else is refused is named by its status. */
const NAMED: Readonly<Record<string, string>> = {
  'camara-argument': 'INVALID_ARGUMENT',
  'request-invalid': 'INVALID_ARGUMENT',
  'camara-identifier-missing': 'MISSING_IDENTIFIER',
  'camara-identifier-unsupported': 'UNSUPPORTED_IDENTIFIER',
  'camara-identifier-unknown': 'IDENTIFIER_NOT_FOUND',
  'card-unknown': 'IDENTIFIER_NOT_FOUND',
  'camara-identifier-mismatch': 'IDENTIFIER_MISMATCH',
  'camara-identifier-unnecessary': 'UNNECESSARY_IDENTIFIER',
  'camara-imei-unbound-already': 'UNNECESSARY_UNBIND_IMEI',
  'camara-area-lifted-already': 'UNNECESSARY_UNBIND_AREALIMIT',
  'camara-quota-exceeded': 'QUOTA_EXCEEDED',
  'camara-protocol': 'INVALID_PROTOCOL',
  'camara-sink': 'INVALID_SINK',
  'camara-credential': 'INVALID_CREDENTIAL',
  'camara-token': 'INVALID_TOKEN',
  'camara-out-of-range': 'OUT_OF_RANGE',
  'camara-subscriptions-too-many': 'QUOTA_EXCEEDED',
  'camara-callback-gone': 'GONE',
  'source-retired': 'GONE',
};

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  413: 'INVALID_ARGUMENT',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'INVALID_ARGUMENT',
  429: 'TOO_MANY_REQUESTS',
  503: 'UNAVAILABLE',
};

/** Errors as `ErrorInfo`, and the correlator carried back (Commonalities of CAMARA; `XCorrelator` of the contract). */
export const CAMARA: Dialect = {
  echo: { header: 'x-correlator', pattern: /^[a-zA-Z0-9\-_:;./<>{}]{0,256}$/ },
  fault: problem => {
    const code = NAMED[problem.code] ?? BY_STATUS[problem.status] ?? 'INTERNAL';
    // The contract has one status for it, whatever in the request was wrong.
    const status = code === 'INVALID_ARGUMENT' ? 400 : code === 'GONE' ? 410 : problem.status;
    const said = problem.facts?.['said'];
    // What the contract prescribes word for word has no full stop.
    const prescribed = code.startsWith('UNNECESSARY_') ? problem.title.replace(/\.$/, '') : problem.title;
    return { status, body: { status, code, message: typeof said === 'string' ? said : prescribed } };
  },
};

/**
 * To subscribe, the feature file has two sentences of its own: a key that was good and is so no more asks for a new one,
 * where its OpenAPI document knows UNAUTHENTICATED alone.
 */
export const SUBSCRIBE: Dialect = {
  ...CAMARA,
  fault: problem => {
    if (problem.code === 'api-key-invalid')
      return error(401, 'AUTHENTICATION_REQUIRED', 'New authentication is required.');
    if (problem.status === 403)
      return error(
        403,
        'PERMISSION_DENIED',
        'Client does not have sufficient permissions to perform this action.',
      );
    return CAMARA.fault(problem);
  },
};

function error(status: number, code: string, message: string) {
  return { status, body: { status, code, message } };
}
