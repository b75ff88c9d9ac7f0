import type { DatedFact } from '../../../../spine/registry/dated-fact.ts';
import { recorded } from '../../../../spine/registry/recorded.ts';
import { lastFieldOf } from '../../../../spine/views/registered.ts';
import { CARD, stated } from '../../imports/registration.ts';
import { CARD_USAGE } from '../../model.ts';
import { boundAt, FACTS } from '../../restrictions.ts';
import { attemptOf, type Doer, no, type SaleDoors } from '../contracts.ts';
import { type Binding, bindCard, binding, bindingsOf, own, write } from './bindings.ts';

/** A circle a card is held to, degrees × 10^6 and metres. */
export interface HeldArea {
  readonly latE6: number;
  readonly lonE6: number;
  readonly radiusM: number;
}

/**
 * Binds a card to the device it was last seen in (C-53: the request names none). Refuses what `bindCard` does, and
 * `binding-device-unseen`.
 */
export async function bindDeviceInUse(
  doors: SaleDoors,
  doer: Doer,
  iccid: string,
): Promise<readonly Binding[]> {
  const attempt = attemptOf(doer, 'card-bound', 'card/binding');
  const imei = await doors.database.door(doer.partyId, async tx => {
    const { subjectId } = await own(tx, doer, iccid);
    return await lastFieldOf(tx, {
      subjectId,
      observationKind: CARD_USAGE,
      field: 'imei',
      atMs: doors.clock.now(),
    });
  });
  if (imei !== null) return await bindCard(doors, doer, iccid, imei);
  return await recorded(doors, attempt, async () => {
    throw no('binding-device-unseen', 'card/binding');
  });
}

/**
 * Ends every binding of a card from now on, declared ones that begin later included; the devices of its pool or its
 * restrictions stay. Refuses `card-unknown`, and `card-not-bound` when no binding is in force.
 */
export async function unbindCard(doors: SaleDoors, doer: Doer, iccid: string): Promise<readonly Binding[]> {
  return await recorded(doors, attemptOf(doer, 'card-unbound', 'card/binding'), async tx => {
    const atMs = doors.clock.now();
    const { key, facts, subjectId } = await own(tx, doer, iccid);
    const object = `subject/${subjectId}`;
    if (boundDevice(facts, atMs) === null) throw no('card-not-bound', object);
    const ended = bindingsOf(facts)
      .filter(each => each.toMs > atMs)
      .map(each => ({ ...each, toMs: Math.max(atMs, each.fromMs + 1) }));
    const acts = ended.map(({ imei, fromMs, toMs }) => binding(key, imei, { fromMs, toMs }));
    await write(tx, doer, acts, 'unbound', atMs);
    return { result: ended, object, detail: { ended: ended.length } };
  });
}

/**
 * Holds a card to the area its own terms or its contract state, where that was lifted. Refuses `card-unknown`, and
 * `area-not-stated` when there is no such area.
 */
export async function holdArea(doors: SaleDoors, doer: Doer, iccid: string): Promise<HeldArea> {
  return await recorded(doors, attemptOf(doer, 'area-held', 'card/area'), async tx => {
    const atMs = doors.clock.now();
    const { key, facts, subjectId } = await own(tx, doer, iccid);
    const object = `subject/${subjectId}`;
    const isLift = (fact: DatedFact) =>
      fact.kind === FACTS.areaLifted && fact.distance === 0 && fact.toMs > atMs;
    const area = areaOf(
      facts.filter(fact => !isLift(fact)),
      atMs,
    );
    if (area === null) throw no('area-not-stated', object);
    const lifts = facts.filter(isLift);
    const card = { kind: CARD, reference: key };
    const acts = lifts.map(({ fromMs, toMs: _, body }) =>
      stated(card, FACTS.areaLifted, body, { fromMs, toMs: Math.max(atMs, fromMs + 1) }),
    );
    if (acts.length > 0) await write(tx, doer, acts, 'area-held', atMs);
    return { result: area, object, detail: { isNew: acts.length > 0 } };
  });
}

/** Lifts the area a card is held to, from now on. Refuses `card-unknown`, `area-not-limited`. */
export async function liftArea(doors: SaleDoors, doer: Doer, iccid: string): Promise<HeldArea> {
  return await recorded(doors, attemptOf(doer, 'area-lifted', 'card/area'), async tx => {
    const atMs = doors.clock.now();
    const { key, facts, subjectId } = await own(tx, doer, iccid);
    const object = `subject/${subjectId}`;
    const area = areaOf(facts, atMs);
    if (area === null) throw no('area-not-limited', object);
    const act = stated({ kind: CARD, reference: key }, FACTS.areaLifted, {}, { fromMs: atMs });
    await write(tx, doer, [act], 'area-lifted', atMs);
    return { result: area, object };
  });
}

/** IMEI key of the device a card is bound to by itself at a moment, the one bound last; null for none. */
export function boundDevice(facts: readonly DatedFact[], atMs: number): string | null {
  const held = bindingsOf(facts).filter(each => each.fromMs <= atMs && atMs < each.toMs);
  return held.sort((a, b) => a.fromMs - b.fromMs).at(-1)?.imei ?? null;
}

/** The circle that holds a card at a moment, or null. */
export function areaOf(facts: readonly DatedFact[], atMs: number): HeldArea | null {
  const { fenceLatE6: latE6, fenceLonE6: lonE6, fenceRadiusM: radiusM } = boundAt(facts, atMs);
  if (typeof latE6 !== 'number' || typeof lonE6 !== 'number' || typeof radiusM !== 'number') return null;
  return { latE6, lonE6, radiusM };
}
