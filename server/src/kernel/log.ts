import { type Logger, pino } from 'pino';

export type { Logger };

/** Fields that never reach a log in clear: secrets, and identifiers of people and their cards. */
const NEVER = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apiKey',
  'key',
  'iccid',
  'imsi',
  'imei',
  'imeisv',
  'msisdn',
  'eid',
  'claim',
  'email',
];

/** Structured logs to standard error; the fields of `NEVER` are replaced at the top level and one below. */
export function openLog(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(Date.now()).toISOString()}"`,
      redact: { paths: [...NEVER, ...NEVER.map(name => `*.${name}`)], censor: '[kept back]' },
    },
    pino.destination(2),
  );
}

export const silentLog: Logger = pino({ level: 'silent' });
