import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isLoss, refuse } from '../kernel/database/refusals.ts';
import { isRefusal, Refusal } from '../kernel/refusal.ts';
import type { RuleFault } from '../spine/rules/rule-fault.ts';
import { allWording } from './wording/all.ts';
import { factIn, nestedFault, schemaFault, unreadFault } from './wording/details.ts';
import type { DoorCode } from './wording/door.ts';

type Language = 'en' | 'zh';

/** RFC 9457, with what a person does next (`mend`) and the facts of the refusal. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly mend: string;
  readonly instance: string;
  readonly subject?: string;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
  readonly faults?: readonly { readonly at: string; readonly message: string }[];
}

/** The problem document of anything that was thrown; what isn't a refusal tells nothing of its inside. */
export function problemOf(thrown: unknown, language: Language, instance: string): Problem {
  const refusal = asRefusal(thrown);
  const wording = allWording.get(refusal.code);
  if (wording === undefined) return problemOf(new Refusal<DoorCode>('failed'), language, instance);
  const [title, mend] = wording[language];
  return {
    type: `urn:thingward:problem:${refusal.code}`,
    title: filled(title, refusal.detail, language),
    status: wording.status,
    code: refusal.code,
    mend: filled(mend, refusal.detail, language),
    instance: `urn:thingward:request:${instance}`,
    ...(refusal.subject === undefined ? {} : { subject: refusal.subject }),
    ...factsOf(refusal),
    ...faultsOf(thrown, refusal.code, language),
  };
}

/** Chinese when the client prefers it to English (RFC 9110 §12.5.4), otherwise English. */
export function languageOf(header: string | undefined): Language {
  const weights = { zh: 0, en: 0 };
  for (const range of (header ?? '').slice(0, 500).split(',')) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';');
    const q = parameters.map(p => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find(found => found !== undefined);
    const weight = q === undefined ? 1 : Number(q) || 0;
    const language = tag.startsWith('zh') ? 'zh' : tag.startsWith('en') ? 'en' : null;
    if (language !== null) weights[language] = Math.max(weights[language], weight);
  }
  return weights.zh > weights.en ? 'zh' : 'en';
}

/** Fastify's error handler: logs what failed, tells what a person may know. */
export function answerProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = problemAnswer(
    thrown,
    request.headers['accept-language'],
    request.id,
    request.log,
  );
  return reply.code(status).headers(headers).send(body);
}

/** The answer to a request of this name that failed; what failed for no fault of the request's is logged. */
export function problemAnswer(
  thrown: unknown,
  acceptLanguage: string | undefined,
  id: string,
  log: Pick<FastifyBaseLogger, 'error'>,
): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const language = languageOf(acceptLanguage);
  const problem = problemOf(thrown, language, id);
  if (problem.status >= 500) log.error({ err: thrown, requestId: id }, 'request failed');
  const retryAfterS = problem.facts?.['retryAfterS'];
  return {
    status: problem.status,
    headers: {
      ...(typeof retryAfterS === 'number' ? { 'retry-after': String(retryAfterS) } : {}),
      ...(problem.status === 401 ? { 'www-authenticate': 'Bearer realm="thingward"' } : {}),
      'content-language': language,
      vary: 'accept-language',
      'content-type': 'application/problem+json; charset=utf-8',
    },
    body: JSON.stringify(problem),
  };
}

function asRefusal(thrown: unknown): Refusal {
  if (isRefusal(thrown)) return thrown;
  // From the sign-in library, which speaks to the database by itself, and from single statements.
  if (isLoss(thrown)) return refuse('database-unavailable', { cause: thrown });
  return new Refusal<DoorCode>(doorCodeOf(thrown));
}

/** The faults of a rule are told in words, by `faults`. */
function factsOf(refusal: Refusal): { facts?: NonNullable<Problem['facts']> } {
  const { faults, ...facts } = refusal.detail;
  const told = refusal.code === 'rule-refused' || faults === undefined ? facts : refusal.detail;
  return Object.keys(told).length === 0 ? {} : { facts: told };
}

/** Fastify's own faults, by their stable codes. */
function doorCodeOf(thrown: unknown): DoorCode {
  const { code, statusCode, validation } = thrown as Partial<FastifyError>;
  if (validation !== undefined) return 'request-invalid';
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return 'body-too-large';
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return 'media-type-unknown';
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return 'request-invalid';
  return 'failed';
}

/** What is wrong, and where: every request that is not well formed has at least one. */
function faultsOf(
  thrown: unknown,
  code: string,
  language: Language,
): { faults?: NonNullable<Problem['faults']> } {
  if (isRefusal(thrown) && thrown.code === 'rule-refused') return ruleFaultsOf(thrown, language);
  if (code !== ('request-invalid' satisfies DoorCode)) return {};
  if (isRefusal(thrown)) {
    const { at, mostLevels } = thrown.detail;
    return { faults: [nestedFault(String(at), Number(mostLevels), language)] };
  }
  const { validation, validationContext, code: named } = thrown as Partial<FastifyError>;
  if (validation === undefined) return { faults: [unreadFault(named, language)] };
  return {
    faults: validation.slice(0, 20).map(fault => ({
      at: `${validationContext ?? ''}${fault.instancePath}`,
      message: schemaFault(fault, language),
    })),
  };
}

function filled(
  text: string,
  facts: Readonly<Record<string, string | number | boolean>>,
  language: Language,
): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => factIn(language, facts[name] ?? whole, name));
}

/** The faults of a rule as it was written: where, what, and what mends it. */
function ruleFaultsOf(refusal: Refusal, language: Language): { faults: NonNullable<Problem['faults']> } {
  const faults = JSON.parse(String(refusal.detail['faults'] ?? '[]')) as readonly RuleFault[];
  return {
    faults: faults.map(({ line, column, path, message, mend }) => ({
      at: `${line}:${column}${path === '' ? '' : ` ${path}`}`,
      message: `${message[language]} ${mend[language]}`,
    })),
  };
}
