import { describe, expect, it } from 'vitest';
import { silentLog } from './log.ts';
import { startLoop } from './loop.ts';

const settle = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('a loop', () => {
  it('goes on at once while there is more, rests when there is not, and wakes when told', async () => {
    let left = 3;
    let steps = 0;
    const loop = startLoop({
      name: 't',
      log: silentLog,
      restMs: 60_000,
      step: async () => {
        steps += 1;
        left -= 1;
        return left > 0;
      },
    });
    await settle(20);
    expect(steps).toBe(3);
    left = 1;
    loop.wake();
    await settle(20);
    expect(steps).toBe(4);
    await loop.stop();
  });

  it('loses no wake that comes during a step', async () => {
    let steps = 0;
    let release: () => void = () => undefined;
    const loop = startLoop({
      name: 't',
      log: silentLog,
      restMs: 60_000,
      step: async () => {
        steps += 1;
        if (steps === 1) await new Promise<void>(resolve => (release = resolve));
        return false;
      },
    });
    await settle(5);
    loop.wake();
    release();
    await settle(20);
    expect(steps).toBe(2);
    await loop.stop();
  });

  it('repeats a step that failed and stops when told in the middle of its pause', async () => {
    let steps = 0;
    const loop = startLoop({
      name: 't',
      log: silentLog,
      restMs: 60_000,
      step: async () => {
        steps += 1;
        throw new Error('broken');
      },
    });
    await settle(250);
    expect(steps).toBeGreaterThanOrEqual(2);
    await loop.stop();
  });
});
