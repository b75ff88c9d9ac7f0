/**
 * How much a generated test does: `quick` in `npm test`, `thorough` when `THINGWARD_PROVE` is set, as
 * `npm run prove` does.
 */
export function effort(quick: number, thorough: number): number {
  return (process.env.THINGWARD_PROVE ?? '') === '' ? quick : thorough;
}
