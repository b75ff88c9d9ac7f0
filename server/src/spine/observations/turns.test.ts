import { setImmediate as nextLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

/** Works that end when they are told to; `began` says in which order they began. */
function stage(lanes: number) {
  const turns = new Turns(lanes);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (name: string, partyId: number, sourceId: number): void => {
    void turns.inTurn({ partyId, sourceId }, () => {
      began.push(name);
      return new Promise<void>(end => ends.set(name, end));
    });
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await nextLoop();
  };
  return { turns, began, ask, end };
}

describe('turns of accept commits', () => {
  it('a party that always has something waiting is served once for each time another is (E-05)', async () => {
    const { began, ask, end } = stage(1);
    for (let i = 0; i < 20; i += 1) ask(`noisy ${i}`, 1, 100 + i);
    ask('quiet 0', 2, 200);
    ask('quiet 1', 2, 200);
    ask('third 0', 3, 300);
    for (let i = 0; i < 7; i += 1) {
      await nextLoop();
      ask(`noisy ${20 + i}`, 1, 120 + i);
      await end(began.at(-1) as string);
    }
    expect(began.slice(0, 7)).toEqual([
      'noisy 0',
      'noisy 1',
      'quiet 0',
      'third 0',
      'noisy 2',
      'quiet 1',
      'noisy 3',
    ]);
  });

  it('commits of one source follow one another and hold up no other source of the party', async () => {
    const { turns, began, ask, end } = stage(3);
    ask('a1', 1, 10);
    ask('a2', 1, 10);
    ask('b1', 1, 11);
    await nextLoop();
    expect(began).toEqual(['a1', 'b1']);
    expect(turns.waiting).toBe(1);
    await end('b1');
    expect(began).toEqual(['a1', 'b1']);
    await end('a1');
    expect(began).toEqual(['a1', 'b1', 'a2']);
  });

  it('no more run at once than there are lanes, and work that throws gives its turn on', async () => {
    const turns = new Turns(2);
    let [running, most] = [0, 0];
    const outcomes = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) =>
        turns.inTurn({ partyId: i % 3, sourceId: i }, async () => {
          running += 1;
          most = Math.max(most, running);
          await nextLoop();
          running -= 1;
          if (i % 5 === 0) throw new Error('broken off');
        }),
      ),
    );
    expect(most).toBe(2);
    expect(outcomes.filter(each => each.status === 'rejected')).toHaveLength(6);
    expect(turns.waiting).toBe(0);
  });
});
