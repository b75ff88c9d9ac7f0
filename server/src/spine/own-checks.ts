import type { RecordFormat } from './observations/format.ts';
import { type IntakeDoors, takeIn } from './observations/intake.ts';
import type { Body, Cut } from './observations/observation.ts';
import { ownSourceOf } from './own-source.ts';

/** One result of the installation's own checks, about whoever the claim names. */
export interface OwnCheck {
  /** The same result told again has the same id, and changes nothing. */
  readonly id: string;
  readonly claim: string;
  readonly atMs: number;
  readonly body: Body;
}

/**
 * The format in which a module tells what its own checks found (a sale that was not reported, a duty that was
 * missed), so that it goes down the corridor like anything else that was observed: a rule says whether it matters.
 * Nobody registers a source of it: it is kept by the installation itself.
 */
export function ownCheckFormat(kind: string): RecordFormat {
  return {
    name: kind,
    yields: kind,
    isText: true,
    checkProfile: () => ['format: kept by the installation itself'],
    read: (bytes, _profile) => readChecks(bytes, kind),
  };
}

async function* readChecks(
  bytes: AsyncIterable<Uint8Array>,
  kind: string,
): AsyncGenerator<Cut, { flags: []; facts: Record<string, never> }> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const lines = Buffer.concat(parts)
    .toString('utf8')
    .split('\n')
    .filter(line => line !== '');
  for (const [i, line] of lines.entries()) {
    const raw = Buffer.from(`${line}\n`);
    const recordNo = i + 1;
    const check = parsed(line);
    if (check === null) {
      yield {
        recordNo,
        raw,
        outcome: { unread: { place: `line ${recordNo}`, reason: 'no-check', detail: {} } },
      };
      continue;
    }
    const { id, claim, atMs, body } = check;
    const reading = { kind, claim, observedAtMs: atMs, timeMark: 'stated', body, recordId: id } as const;
    yield { recordNo, raw, outcome: { reading } };
  }
  return { flags: [], facts: {} };
}

/** A kind of name and the name. */
const CLAIM = /^[a-z]{2,20}:[^\s\p{Cc}][^\p{Cc}]*$/u;
const LONGEST_TEXT = 400;

/** Whether it is a text as databases take them: of bounded length, without NUL, halves of characters or broken bytes. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TEXT && !/[\0\p{Cs}\ufffd]/u.test(value);
}

function parsed(line: string): OwnCheck | null {
  try {
    const value = JSON.parse(line) as Partial<OwnCheck>;
    const isCheck =
      isText(value.id) &&
      isText(value.claim) &&
      CLAIM.test(value.claim) &&
      Number.isSafeInteger(value.atMs) &&
      typeof value.body === 'object' &&
      value.body !== null &&
      Object.values(value.body).every(isText);
    return isCheck ? (value as OwnCheck) : null;
  } catch {
    return null;
  }
}

/**
 * Puts results of own checks on the corridor, for one party. When this returns they are accepted, or were before;
 * when it throws, telling them again is harmless.
 */
export async function tellChecks(
  intake: IntakeDoors,
  partyId: number,
  kind: string,
  checks: readonly OwnCheck[],
): Promise<void> {
  if (checks.length === 0) return;
  const { sourceId } = await ownSourceOf(intake, partyId, kind);
  const lines = checks.map(check => `${JSON.stringify(check)}\n`);
  const name = `${kind} of ${checks.length}`;
  await takeIn(intake, { partyId, label: 'corridor' }, sourceId, name, bytesOf(lines), 'own checks');
}

async function* bytesOf(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(lines.join(''));
}
