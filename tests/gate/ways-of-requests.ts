import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ApiClient } from '../api-client.ts';
import {
  assess,
  bareHolder,
  cardAt,
  codeOf,
  goodHolder,
  type Holder,
  move,
  verify,
  type Way,
} from './ways-scene.ts';

const FAILED = { creditEntry: true };
const soon = (): string => new Date(Date.now() + 1_200).toISOString();
const wait = (ms: number) => new Promise(done => setTimeout(done, ms));

/** Tries a card in stock for a holder, all the way; the first refusal must be this one. */
async function tryFor(client: ApiClient, holder: Holder, code: string, asked: object = {}): Promise<void> {
  const card = await cardAt(client, 'stock');
  expect(await move(client, 'allocate', card, { holder: holder.handle, channel: 'direct', ...asked })).toBe(
    code,
  );
  for (const act of ['sell', 'test', 'activate', 'resume'])
    expect(await move(client, act, card)).toBe('move-not-allowed');
}

/** A card sold to somebody who was good then. */
async function soldTo(client: ApiClient) {
  const holder = await goodHolder(client);
  return { holder, card: await cardAt(client, 'sold', holder) };
}

/** By the programming interface, as a party with every right. */
export const REQUEST_WAYS: readonly Way[] = [
  [
    'activating a card in stock',
    async ({ mine: { client } }) =>
      void expect(await move(client, 'activate', await cardAt(client, 'stock'))).toBe('move-not-allowed'),
  ],
  [
    'a holder nobody verified',
    async ({ mine: { client } }) => {
      const holder = await bareHolder(client);
      await assess(client, holder);
      await tryFor(client, holder, 'identity-unverified');
    },
  ],
  [
    'a holder whose verification failed',
    async ({ mine: { client } }) => {
      const holder = await bareHolder(client);
      await assess(client, holder);
      await verify(client, holder, 'failed');
      await tryFor(client, holder, 'identity-unverified');
    },
  ],
  [
    'a holder nobody assessed',
    async ({ mine: { client } }) => {
      const holder = await bareHolder(client);
      await verify(client, holder);
      await tryFor(client, holder, 'assessment-missing');
    },
  ],
  [
    'a holder whose assessment failed',
    async ({ mine: { client } }) => {
      const holder = await goodHolder(client);
      await assess(client, holder, FAILED);
      await tryFor(client, holder, 'assessment-failed');
    },
  ],
  [
    'a holder whose assessment ran out',
    async ({ mine: { client } }) => {
      const holder = await goodHolder(client);
      await assess(client, holder, {}, soon());
      await wait(1_300);
      await tryFor(client, holder, 'assessment-expired');
    },
  ],
  [
    'an assessment that failed after the sale',
    async ({ mine: { client } }) => {
      const { holder, card } = await soldTo(client);
      await assess(client, holder, FAILED);
      expect(await move(client, 'activate', card)).toBe('assessment-failed');
      expect(await move(client, 'test', card, { testDays: 3 })).toBe('assessment-failed');
    },
  ],
  [
    'an identity that was withdrawn after the sale',
    async ({ mine: { client } }) => {
      const { holder, card } = await soldTo(client);
      await verify(client, holder, 'withdrawn');
      expect(await move(client, 'activate', card)).toBe('identity-unverified');
    },
  ],
  [
    'resuming a card whose holder failed meanwhile',
    async ({ mine: { client } }) => {
      const { holder, card } = await soldTo(client);
      await move(client, 'activate', card);
      await move(client, 'suspend', card);
      await assess(client, holder, FAILED);
      expect(await move(client, 'resume', card)).toBe('assessment-failed');
    },
  ],
  [
    'a swap of the holder between sale and activation',
    async ({ mine: { client } }) => {
      const { card } = await soldTo(client);
      const { handle } = await bareHolder(client);
      expect(await move(client, 'transfer', card, { holder: handle })).toBe('identity-unverified');
      expect(await move(client, 'activate', card, { holder: handle })).toBe('move-not-allowed');
    },
  ],
  [
    'a swap of the holder of a card in use',
    async ({ mine: { client } }) => {
      const card = await cardAt(client, 'active', await goodHolder(client));
      const { handle } = await bareHolder(client);
      expect(await move(client, 'transfer', card, { holder: handle })).toBe('identity-unverified');
    },
  ],
  [
    'a swap of the device type or scenario after the holder failed',
    async ({ mine: { client } }) => {
      const { holder, card } = await soldTo(client);
      await move(client, 'activate', card);
      await move(client, 'suspend', card);
      await verify(client, holder, 'withdrawn');
      await move(client, 'classify', card, { deviceType: 'camera' });
      expect(await move(client, 'resume', card, { deviceType: 'meter' })).toBe('move-not-allowed');
      expect(await move(client, 'resume', card)).toBe('identity-unverified');
    },
  ],
  [
    'a swap of the card: another that is in stock, under a good holder’s name',
    async ({ mine: { client } }) => {
      const { holder } = await soldTo(client);
      const other = await cardAt(client, 'stock');
      expect(await move(client, 'activate', other, { holder: holder.handle })).toBe('move-not-allowed');
    },
  ],
  [
    'a holder of another party',
    async ({ mine, theirs }) => {
      const holder = await goodHolder(theirs.client);
      await tryFor(mine.client, holder, 'card-source-unknown');
    },
  ],
  [
    'an assessment and a verification by another party',
    async ({ mine, theirs }) => {
      const holder = await bareHolder(mine.client);
      expect(await assess(theirs.client, holder).catch(codeOf)).toBe('card-source-unknown');
      expect(await verify(theirs.client, holder).catch(codeOf)).toBe('person-unknown');
      await tryFor(mine.client, holder, 'identity-unverified');
    },
  ],
  [
    'a card of another party',
    async ({ mine, theirs }) => {
      const holder = await goodHolder(theirs.client);
      const card = await cardAt(mine.client, 'stock');
      for (const act of ['allocate', 'sell', 'activate'])
        expect(await move(theirs.client, act, card, { holder: holder.handle })).toBe('card-source-unknown');
    },
  ],
  [
    'a batch of another party',
    async ({ mine, theirs }) => {
      const order = { reference: `lot-${Date.now()}`, supplier: 'maker', form: 'plug-in', ordered: 5 };
      const { id } = await mine.client.post<{ id: number }>('/card-batches', order);
      const cards = [{ iccid: '8986001234567899999' }];
      const taken = await theirs.client.post(`/card-batches/${id}/cards`, { cards }).catch(codeOf);
      expect(taken).toBe('card-source-unknown');
      const moved = await theirs.client.post('/card-moves', { act: 'activate', batch: id }).catch(codeOf);
      expect(moved).toBe('card-source-unknown');
    },
  ],
  [
    'a terminated card: resumed, activated, and its number registered again',
    async ({ mine: { client } }) => {
      const { card } = await soldTo(client);
      await move(client, 'terminate', card);
      const order = { reference: `again-${card}`, supplier: 'maker', form: 'plug-in', ordered: 1 };
      const { id } = await client.post<{ id: number }>('/card-batches', order);
      await client.post(`/card-batches/${id}/cards`, { cards: [{ iccid: card }] });
      for (const act of ['take-in', 'allocate', 'sell', 'resume', 'activate'])
        expect(await move(client, act, card)).toBe('move-not-allowed');
    },
  ],
  [
    'the request that worked once, sent again with its key after the holder failed',
    async ({ mine: { client } }) => {
      const { holder, card } = await soldTo(client);
      const ask = () =>
        fetch(`${client.address}/api/v1/card-moves`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${client.token}`,
            'content-type': 'application/json',
            'idempotency-key': card,
          },
          body: JSON.stringify({ act: 'activate', cards: [card] }),
        });
      expect((await ask()).status).toBe(200);
      await move(client, 'suspend', card);
      await assess(client, holder, FAILED);
      expect((await ask()).status).toBe(409);
    },
  ],
  [
    'hidden among good cards of one request',
    async ({ mine: { client } }) => {
      const { card: good } = await soldTo(client);
      const { holder, card: bad } = await soldTo(client);
      await assess(client, holder, FAILED);
      const cards = [good, bad];
      const done = await client.post<{ moved: number; refused: number }>('/card-moves', {
        act: 'activate',
        cards,
      });
      expect(done).toMatchObject({ moved: 1, refused: 1 });
    },
  ],
  [
    'a channel that is forbidden',
    async ({ mine: { client } }) => {
      const card = await cardAt(client, 'stock');
      const { handle } = await goodHolder(client);
      await move(client, 'allocate', card, { holder: handle, channel: 'online' });
      expect(await move(client, 'sell', card)).toBe('channel-forbidden');
      expect(await move(client, 'activate', card)).toBe('move-not-allowed');
    },
  ],
  [
    'a reseller that names no seller, and a seller that nobody assessed',
    async ({ mine, below }) => {
      const reference = `seller-${below.partyId}`;
      await mine.client.post('/card-sellers', { reference, party: below.partyId });
      const holder = await goodHolder(below.client);
      await tryFor(below.client, holder, 'seller-missing');
      const own = await goodHolder(mine.client);
      await tryFor(mine.client, own, 'seller-identity-unverified', { seller: reference });
    },
  ],
  [
    'a reseller that assesses itself, and a transfer to its own bare holder',
    async ({ mine, below }) => {
      const reference = `seller-${below.partyId}`;
      const body = { of: 'seller', reference, inputs: { realNameDutyStated: true } };
      expect(await below.client.post('/risk-assessments', body).catch(codeOf)).toBe('card-source-unknown');
      const { card } = await soldTo(mine.client);
      const { handle } = await bareHolder(below.client);
      expect(await move(mine.client, 'transfer', card, { holder: handle })).toBe('identity-unverified');
    },
  ],
  [
    'a race: twelve activations at once while the assessment fails',
    async ({ mine: { client } }) => {
      const { holder, card } = await soldTo(client);
      await assess(client, holder, FAILED);
      const came = await Promise.all(Array.from({ length: 12 }, () => move(client, 'activate', card)));
      expect(new Set(came)).toEqual(new Set(['assessment-failed']));
    },
  ],
  [
    'a race: activation and failing sent together, again and again',
    async ({ mine: { client } }) => {
      // Where the activation comes first it is rightful: its start is moved until the failing came first as well.
      let lost = 0;
      for (let i = 0; i < 5 || (lost === 0 && i < 60); i += 1) {
        const { holder, card } = await soldTo(client);
        const activate = () => move(client, 'activate', card);
        const later = delay((i % 12) * 3).then(activate);
        const [, raced] = await Promise.all([assess(client, holder, FAILED), later]);
        const again = await activate();
        if (raced !== 'moved') {
          expect([raced, again]).toEqual(['assessment-failed', 'assessment-failed']);
          lost += 1;
        }
      }
      expect(lost).toBeGreaterThan(0);
    },
  ],
  [
    'a race: the record of the holder ends while the card is sold to them',
    async ({ mine: { client } }) => {
      const holder = await goodHolder(client);
      const card = await cardAt(client, 'stock');
      await Promise.all([
        client.post(`/persons/${holder.handle}/end`, { reason: 'asked' }).catch(codeOf),
        move(client, 'allocate', card, { holder: holder.handle, channel: 'direct' }),
      ]);
      await client.post(`/persons/${holder.handle}/end`, { reason: 'asked' }).catch(codeOf);
    },
  ],
];
