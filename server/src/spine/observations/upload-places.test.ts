import { expect, it } from 'vitest';
import { UploadPlaces } from './upload-places.ts';

it('one party takes no more than its share of places, and the others find theirs (E-05)', () => {
  const places = new UploadPlaces();
  const noisy = Array.from({ length: 8 }, () => places.take(1));
  expect(() => places.take(1)).toThrow(expect.objectContaining({ code: 'intake-full' }));
  for (let turn = 0; turn < 24; turn += 1) places.take(2 + (turn % 12));
  expect(() => places.take(99)).toThrow(
    expect.objectContaining({ detail: { whose: 'all', retryAfterS: 5 } }),
  );
  expect(places.state).toEqual({ underWay: 32, refused: 2 });
  noisy[0]?.();
  noisy[0]?.();
  expect(places.state.underWay).toBe(31);
  places.take(99);
  expect(() => places.take(1)).toThrow(expect.objectContaining({ code: 'intake-full' }));
});
