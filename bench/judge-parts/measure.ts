/** CPU seconds of all threads of this process that the work took, after a collection of garbage. */
export async function cpuSeconds(work: () => unknown): Promise<number> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Throws when a side did not find what is wanted. */
export function mustEqual(name: string, got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted))
    throw new Error(`${name} differs: ${JSON.stringify(got)} against ${JSON.stringify(wanted)}`);
}

/** Every side once in each round, each round begun by another side; CPU seconds by side, without the first round. */
export async function byTurns<Name extends string>(
  rounds: number,
  sides: Readonly<Record<Name, () => unknown>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(sides) as Name[];
  const seconds = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1)
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length] as Name;
      const took = await cpuSeconds(sides[name]);
      if (round > 0) seconds[name].push(took);
    }
  return seconds;
}
