import type { Canonical } from '../../kernel/canonical-json.ts';
import { clockRule } from '../../spine/clocks/arm.ts';
import type { Said } from '../../spine/clocks/clock.ts';
import type { TitledMeasure } from '../../spine/contribution.ts';
import { taskNamed } from '../../spine/measures/ladder/climb.ts';
import type { MeasureDesk } from '../../spine/measures/ports.ts';

/** What people call a rung: a kind of measure, or a task; undefined for one that nothing here names any more. */
export function deedTitle(desk: MeasureDesk, deed: string): Said | undefined {
  const kind = desk.kinds.find(each => each.kind === deed) as Partial<TitledMeasure> | undefined;
  return kind?.title ?? taskNamed(desk, deed)?.title;
}

/** What people call a clock: by its catalogue at hand, whatever edition it was armed from. */
export function clockTitle(desk: MeasureDesk, clockId: string): Said | undefined {
  return clockRule(desk.catalogues, clockId)?.title;
}

/** What an act of a time line is about, where its detail names a clock, a rung or a kind of measure. */
export function titleOfAct(desk: MeasureDesk, detail: Canonical): Said | undefined {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return undefined;
  const { clock, deed, kind } = detail as Readonly<Record<string, unknown>>;
  if (typeof clock === 'string') return clockTitle(desk, clock);
  if (typeof deed === 'string') return deedTitle(desk, deed);
  return typeof kind === 'string' ? deedTitle(desk, kind) : undefined;
}
