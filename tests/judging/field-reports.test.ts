import { describe, expect, it } from 'vitest';
import { shippedRule, shippedText, soundRule } from './world.ts';

const ID = 'one-imei-many-cards';

describe('reports from the field about devices', () => {
  it('CR-10 a batch of modules that share an IMEI is no SIM box: without use at once or in turns the rule is refused by its own examples', () => {
    expect(shippedRule(ID).guards.map(guard => guard.name)).toContain('factory-duplicate');
    const text = shippedText(ID);
    const bare = text.replace(/\n {2}&& \(state\.together > 0[^\n]*/, '');
    expect(bare).not.toBe(text);
    expect(() => soundRule(bare, ID)).toThrow(/replaced twice|silent/);
    const unguarded = text.replace(/ {2}factory-duplicate:\n(?: {4}[^\n]*\n)+/, '');
    expect(unguarded).not.toBe(text);
    expect(() => soundRule(unguarded, ID)).toThrow();
  });

  it('CR-11 an IMEI can be forged, so no rule that rests on it alone has strong evidence', () => {
    // Where the device type or number alone decides; use at once in two devices is a fact of the network and is more.
    const resting = [
      ID,
      'one-card-many-devices',
      'card-in-another-device',
      'handset-tac',
      'device-of-another-class',
    ];
    for (const id of resting) expect([id, shippedRule(id).evidence.strength]).toEqual([id, 'low']);
  });
});
