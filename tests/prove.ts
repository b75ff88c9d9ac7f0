/**
 * How much a generated test does: `quick` in `npm test`, `thorough` when `THINGWARD_PROVE` is 1, as `npm run prove`
 * sets it. A share between 0 and 1 lies between the two: what a part costs can be told from a small one.
 */
export function effort(quick: number, thorough: number): number {
  const share = Number(process.env.THINGWARD_PROVE || 0);
  if (!(share > 0 && share <= 1)) return quick;
  return Math.round(quick + (thorough - quick) * share);
}
