import { expect, it } from 'vitest';
import { Deliveries, type Sent } from './deliveries.ts';

const sent = (messageId: number, text: string, isAgain = false, isSessionKept = false): Sent => ({
  ...{ messageId, isAgain, isSessionKept, topic: 'up', payload: Buffer.from(text) },
});

it('gives a message that is sent again the name it had, and another a name of its own', () => {
  const all = new Deliveries();
  const first = all.nameOf('1 m:A', sent(1, '21.5'));
  expect(all.nameOf('1 m:A', sent(1, '21.5', true))).toBe(first);
  expect(all.nameOf('1 m:A', sent(1, '21.5')), 'the same value as a new message').not.toBe(first);
  const second = all.nameOf('1 m:A', sent(2, '21.5'));
  expect(all.nameOf('1 m:A', sent(2, '22.0', true)), 'other contents').not.toBe(second);
  expect(all.nameOf('2 m:A', sent(1, '21.5', true)), 'another party').not.toBe(first);
});

it('knows one that was never acknowledged again in a session that goes on, though its client does not say so', () => {
  const all = new Deliveries();
  const first = all.nameOf('1 m:A', sent(1, '21.5'));
  expect(all.nameOf('1 m:A', sent(1, '21.5', false, true))).toBe(first);
  all.stored('1 m:A', 1, first);
  const second = all.nameOf('1 m:A', sent(1, '21.5', false, true));
  expect(second, 'the number was free').not.toBe(first);
  expect(all.nameOf('1 m:A', sent(1, '21.5')), 'a session that begins anew').not.toBe(second);
});

it('keeps what was sent last, and no more', () => {
  const all = new Deliveries();
  const names = Array.from({ length: 100 }, (_, i) => all.nameOf('1 m:A', sent(i + 1, 'x')));
  expect(all.nameOf('1 m:A', sent(100, 'x', true))).toBe(names[99]);
  expect(all.nameOf('1 m:A', sent(1, 'x', true))).not.toBe(names[0]);
});
