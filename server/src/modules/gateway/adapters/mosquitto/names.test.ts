import { expect, it } from 'vitest';
import { PartyNames, SENDER, stamped, unstamped } from './names.ts';

const seven = new PartyNames(7);

it('gives every topic back as it was, whatever characters it has (IR-20)', () => {
  for (let code = 0x20; code < 0x7f; code += 1) {
    const topic = `a${String.fromCharCode(code)}/${String.fromCharCode(code)}`;
    expect(seven.without(seven.within(topic))).toBe(topic);
    expect(new PartyNames(70).without(seven.within(topic)), 'another party').toBeNull();
  }
  expect(seven.within('/a')).toBe('d/7//a');
  expect(seven.client('m:A')).not.toBe(new PartyNames(71).client('m:A'));
});

it('says who sent a message, whatever the sender says, and shows no reader the mark', () => {
  const userProperties = { [SENDER]: 'm:B', unit: 'kWh', tag: ['x', 'y'] };
  const to = stamped({ responseTopic: 'answers', userProperties }, seven, 'm:A');
  expect(to).toEqual({
    responseTopic: 'd/7/answers',
    userProperties: { unit: 'kWh', tag: ['x', 'y'], [SENDER]: 'm:A' },
  });
  expect(unstamped(to, seven)).toEqual({
    sender: 'm:A',
    properties: { responseTopic: 'answers', userProperties: { unit: 'kWh', tag: ['x', 'y'] } },
  });
  expect(unstamped(undefined, seven)).toEqual({ sender: null, properties: {} });
  expect(unstamped({ responseTopic: 'd/8/answers' }, seven).properties, 'another party').toEqual({});
});
