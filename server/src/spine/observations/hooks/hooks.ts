import { randomId } from '../../../kernel/ids.ts';
import { Refusal } from '../../../kernel/refusal.ts';
import { type RecordDoors, recorded, recordRefused } from '../../registry/recorded.ts';
import type { IntakeCode } from '../intake.ts';
import { sourceById } from '../store.ts';
import { type HookScheme, isProven, USUAL_HEADER } from './proof.ts';
import * as store from './store.ts';

export type { HookRow } from './store.ts';

export type HookCode = 'hook-unknown' | 'hook-unproven' | 'hook-header' | 'hooks-too-many';

export interface HookDoors extends RecordDoors {
  /** The secret of a hook, derived from a key outside the database; the same for the same hook. */
  hookSecret(hookId: string): string;
}

const HEADER = /^[a-z][a-z0-9-]{0,62}$/;
/** Headers whose value somebody else decides. */
const TAKEN: ReadonlySet<string> = new Set([
  'host',
  'cookie',
  'content-length',
  'content-type',
  'connection',
  'origin',
]);
/** Two are needed to change the secret without a gap. */
const MOST_HOOKS = 8;
const HOOK_ID = /^[0-9a-f]{32}$/;
/** The door of a party that is nobody's: a push comes before it is known whose it is. */
const NOBODY = 0;

/**
 * Gives a source an address for pushes. The secret is told here and nowhere else. Refuses `source-unknown`,
 * `source-retired`, `hook-header` and `hooks-too-many`; on record either way.
 */
export async function makeHook(
  doors: HookDoors,
  actor: { partyId: number; label: string },
  asked: { sourceId: number; scheme: HookScheme; header?: string | undefined },
): Promise<{ hookId: string; secret: string; header: string }> {
  const { sourceId, scheme } = asked;
  const hookId = randomId();
  const header = (asked.header ?? USUAL_HEADER[scheme]).toLowerCase();
  const attempt = { act: 'hook-made', object: `hook/${hookId}`, partyId: actor.partyId, actor: actor.label };
  return recorded(doors, { ...attempt, detail: { source: sourceId, scheme } }, async tx => {
    if (!HEADER.test(header) || TAKEN.has(header)) throw new Refusal<HookCode>('hook-header');
    const source = await sourceById(tx, sourceId);
    if (source === undefined)
      throw new Refusal<IntakeCode>('source-unknown', { subject: `source/${sourceId}` });
    if (source.retiredAtMs !== null)
      throw new Refusal<IntakeCode>('source-retired', { subject: `source/${sourceId}` });
    if ((await store.liveHooksOf(tx, sourceId)) >= MOST_HOOKS)
      throw new Refusal<HookCode>('hooks-too-many', { detail: { most: MOST_HOOKS } });
    const made = { madeBy: actor.label, madeAtMs: doors.clock.now() };
    await store.addHook(tx, { hookId, partyId: source.partyId, sourceId, scheme, header, ...made });
    return { result: { hookId, secret: doors.hookSecret(hookId), header } };
  });
}

/** Hooks of a source, ended ones too. Refuses `source-unknown`. */
export async function listHooks(
  doors: RecordDoors,
  actor: { partyId: number },
  sourceId: number,
): Promise<store.HookRow[]> {
  return doors.database.door(actor.partyId, async tx => {
    if ((await sourceById(tx, sourceId)) === undefined)
      throw new Refusal<IntakeCode>('source-unknown', { subject: `source/${sourceId}` });
    return store.hooksOf(tx, sourceId);
  });
}

/** From the commit on, nothing comes in at that address. */
export async function endHook(
  doors: RecordDoors,
  actor: { partyId: number; label: string },
  hookId: string,
): Promise<void> {
  const attempt = { act: 'hook-ended', object: `hook/${hookId}`, partyId: actor.partyId, actor: actor.label };
  await recorded(doors, attempt, async tx => {
    if (!(await store.endHook(tx, hookId, doors.clock.now()))) throw new Refusal<HookCode>('hook-unknown');
    return { result: undefined };
  });
}

/** The hook at an address; it is looked up for every push, so that one that has ended takes nothing. Refuses `hook-unknown`. */
export async function hookAt(doors: HookDoors, hookId: string): Promise<store.HookRow> {
  const hook = HOOK_ID.test(hookId)
    ? await doors.database.door(NOBODY, tx => store.hookInUse(tx, hookId))
    : undefined;
  if (hook === undefined) throw new Refusal<HookCode>('hook-unknown');
  return hook;
}

/** Refuses `hook-unproven`, on record, what does not come from who knows the secret. */
export async function proveSender(
  doors: HookDoors,
  hook: store.HookRow,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Uint8Array,
): Promise<void> {
  if (isProven(hook.scheme, doors.hookSecret(hook.hookId), headers[hook.header], body)) return;
  const name = `hook/${hook.hookId}`;
  const attempt = { act: 'push', object: name, partyId: hook.partyId, actor: name };
  await recordRefused(doors, { ...attempt, detail: { source: hook.sourceId } }, 'hook-unproven');
  throw new Refusal<HookCode>('hook-unproven', { detail: { header: hook.header } });
}
