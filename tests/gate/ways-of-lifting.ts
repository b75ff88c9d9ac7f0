import { expect } from 'vitest';
import { until } from '../api-client.ts';
import {
  assess,
  codeOf,
  measureState,
  move,
  suspendedCard,
  verify,
  type Way,
  type WaysScene,
} from './ways-scene.ts';

const FAILED = { creditEntry: true };
const lift = ({ mine }: WaysScene, measureId: number) =>
  mine.client.post(`/measures/${measureId}/lift`, { reason: 'please' }).then(() => 'ordered', codeOf);
const staysSuspended = async ({ mine, provider }: WaysScene, measureId: number, card: string) => {
  expect(await measureState(mine.client, measureId)).toBe('effective');
  expect(await provider.stateOf(card)).toBe('suspended');
};

/** A card in use, suspended by a measure, whose holder fails: by lifting it would be back without the gate. */
export const LIFTING_WAYS: readonly Way[] = [
  [
    'lifting a measure after the assessment failed',
    async scene => {
      const { card, holder, measureId } = await suspendedCard(scene);
      await assess(scene.mine.client, holder, FAILED);
      expect(await lift(scene, measureId)).toBe('assessment-failed');
      await staysSuspended(scene, measureId, card);
    },
  ],
  [
    'lifting a measure by command after the identity was withdrawn, which says what to mend',
    async scene => {
      const { card, holder, measureId } = await suspendedCard(scene);
      await verify(scene.mine.client, holder, 'withdrawn');
      const said = await scene.cli.run('measures', 'lift', String(measureId), '--reason', 'please');
      expect([said.code, said.err]).toEqual([1, expect.stringContaining('identity-unverified')]);
      expect(said.err).toContain('Have the identity verified first.');
      await staysSuspended(scene, measureId, card);
    },
  ],
  [
    'an upheld appeal after the assessment failed',
    async scene => {
      const { client } = scene.mine;
      const { card, holder, caseId, measureId } = await suspendedCard(scene);
      await assess(client, holder, FAILED);
      await client.post(`/cases/${caseId}/notes`, { text: 'a', event: 'appeal-received' });
      await client.post(`/cases/${caseId}/notes`, { text: 'a', event: 'appeal-upheld' });
      await staysSuspended(scene, measureId, card);
    },
  ],
  [
    'lifting a measure of a card whose life has ended',
    async scene => {
      const { card, measureId } = await suspendedCard(scene);
      await move(scene.mine.client, 'terminate', card);
      expect(await lift(scene, measureId)).toBe('card-not-in-use');
      await staysSuspended(scene, measureId, card);
    },
  ],
  [
    'lifting while the assessment fails: the provider is told to suspend again',
    async scene => {
      const { client } = scene.mine;
      const { card, holder, measureId } = await suspendedCard(scene);
      await Promise.all([lift(scene, measureId), assess(client, holder, FAILED)]);
      await until('the measure is in force again, or was never lifted', async () => {
        const state = await measureState(client, measureId);
        return (state === 'effective' || state === 'lifted') && state;
      });
      // Lifted before the failing is in order; the gate is asked the next time.
      if ((await measureState(client, measureId)) === 'effective')
        await until('it is suspended', async () => (await scene.provider.stateOf(card)) === 'suspended');
      await move(client, 'suspend', card);
      expect(await move(client, 'resume', card)).toBe('assessment-failed');
    },
  ],
];
