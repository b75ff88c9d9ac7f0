import { expect, test } from 'vitest';
import { openThread } from './threads.ts';

const entry = new URL('./testing/strange-thread.ts', import.meta.url);
const open = () => openThread<number | string, number>(entry, { name: 'strange/1', data: 2, heapMiB: 24 });

test('a thread answers in the order it was asked', async () => {
  const thread = open();
  expect(await Promise.all([1, 2, 3].map(n => thread.ask(n)))).toEqual([2, 4, 6]);
  await thread.close();
});

test.each(['throw', 'exit', 'fill'])(
  'a thread that ends by "%s" rejects what waits and what comes, by name',
  async how => {
    const thread = open();
    // Awaited first: an answer that is still under way when the thread ends may be lost with it.
    expect(await thread.ask(1)).toBe(2);
    const outcomes = await Promise.allSettled([thread.ask(how), thread.ask(2)]);
    const lost = { code: 'thread-lost', subject: 'strange/1' };
    expect(outcomes).toMatchObject([{ reason: lost }, { reason: lost }]);
    await expect(thread.ask(3)).rejects.toMatchObject(lost);
    await thread.close();
  },
);

test('a closed thread rejects what it was still asked', async () => {
  const thread = open();
  const asked = thread.ask(1);
  const closed = thread.close();
  await expect(asked).rejects.toMatchObject({ code: 'thread-closed' });
  await closed;
  await expect(thread.ask(1)).rejects.toMatchObject({ code: 'thread-closed' });
});
