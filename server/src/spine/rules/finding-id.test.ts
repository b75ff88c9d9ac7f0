import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { findingId } from './finding-id.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const name = {
  ruleId: 'data-cap',
  ruleVersion: '0123456789abcdef',
  key: 'card/1',
  completedBy: 'ab',
  dueMs: null,
};

it('names a finding by rule, version, key, record and due moment, and by nothing else', () => {
  const id = findingId(name, digest);
  expect(id).toBe(digest('thingward finding 1\n["data-cap","0123456789abcdef","card/1","ab",null]'));
  const others = [
    { ...name, ruleId: 'x' },
    { ...name, ruleVersion: 'x' },
    { ...name, key: 'x' },
    { ...name, completedBy: 'x' },
    { ...name, dueMs: 0 },
  ].map(other => findingId(other, digest));
  expect(new Set([id, ...others]).size).toBe(6);
});
