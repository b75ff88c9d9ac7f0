import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MOST_FIRST_BYTES, MOST_PACKET_BYTES, PacketBound } from './packet-bound.ts';

/** The header of a packet that says how long it is, and as many octets. */
function packet(length: number, octets = length): Buffer {
  const header = [0x30];
  for (let left = length; ; ) {
    header.push((left & 0x7f) | (left > 127 ? 0x80 : 0));
    left >>= 7;
    if (left === 0) break;
  }
  return Buffer.concat([Buffer.from(header), Buffer.alloc(octets, 0xff)]);
}

it('lets packets through that are not too long, however they are cut', () => {
  const length = fc.integer({ min: 0, max: 300 });
  fc.assert(
    fc.property(
      fc.array(length, { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 50 })),
      (lengths, cuts) => {
        const bound = new PacketBound();
        let rest = Buffer.concat(lengths.map(each => packet(each)));
        for (let i = 0; rest.length > 0; i++) {
          const size = cuts[i % Math.max(1, cuts.length)] ?? 7;
          expect(bound.isWithin(rest.subarray(0, size))).toBe(true);
          rest = rest.subarray(size);
        }
      },
    ),
  );
});

it('stops one that is too long by its header alone, the first sooner', () => {
  expect(new PacketBound().isWithin(packet(MOST_FIRST_BYTES))).toBe(true);
  expect(new PacketBound().isWithin(packet(MOST_FIRST_BYTES + 1, 0))).toBe(false);
  const later = new PacketBound();
  expect(later.isWithin(packet(10))).toBe(true);
  expect(later.isWithin(packet(MOST_PACKET_BYTES))).toBe(true);
  expect(later.isWithin(packet(MOST_PACKET_BYTES + 1, 0))).toBe(false);
});

it('stops a length of more than four octets (MQTT 3.1.1 §2.2.3)', () => {
  expect(new PacketBound().isWithin(Buffer.from([0x10, 0x80, 0x80, 0x80, 0x80]))).toBe(false);
});
