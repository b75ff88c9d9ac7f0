import { sql } from 'kysely';
import { ask } from '../../server/src/api/testing/test-api.ts';
import { DAY_MS } from '../../server/src/kernel/time.ts';
import { runEventRound } from '../../server/src/modules/cards/camara/subscriptions/round.ts';
import { runWatchTurn } from '../../server/src/modules/cards/camara/watches/round.ts';
import { tokenOf } from '../../server/src/modules/cards/camara/watches/sink.ts';
import { CARD, known, named } from '../../server/src/modules/cards/imports/registration.ts';
import { keepCredentials } from '../../server/src/spine/measures/providers/credentials.ts';
import { registerProvider } from '../../server/src/spine/measures/providers/providers.ts';
import { registerRows } from '../../server/src/spine/registry/register.ts';
import { makeSubscriptionScene, type SubscriptionScene } from './subscription-scene.ts';

const ICCID = '8986001234567899999';

/** Two parties of one server that listens: East is the operator, West has its cards watched there over HTTP. */
export interface CallbackScene extends SubscriptionScene {
  readonly url: string;
  readonly providerId: number;
  /** A card of the operator's, and the same card with its consumer, by its number. */
  makePair(): Promise<{ readonly phone: string; readonly subjectId: number; readonly iccid: string }>;
  watch(iccid: string, more?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Posts to a sink as an operator does. */
  post(watchId: string, event: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Both sides' work in the background, until there is none. */
  rounds(): Promise<void>;
  row(watchId: string): Promise<Record<string, unknown>>;
  count(text: string): Promise<number>;
}

export async function makeCallbackScene(): Promise<CallbackScene> {
  const scene = await makeSubscriptionScene();
  const { api, doors, otherId: partyId } = scene;
  const url = await scene.listen();
  const hand = () => ({ actor: 'person/7', atMs: api.clock.now() });
  const settings = { url: `${url}/api/v1/camara`, version: 'vwip' };
  const wanted = { partyId, name: 'east', adapter: 'camara-token', settings };
  const { providerId } = await api.db.database.door(partyId, tx =>
    registerProvider(tx, doors.desk, wanted, hand()),
  );
  const fields = { access_token: scene.keys.all };
  await api.db.database.door(partyId, tx => keepCredentials(tx, doors.desk, { providerId, fields }, hand()));
  let count = 0;
  return {
    ...scene,
    url,
    providerId,
    async makePair() {
      const { phone, subjectId } = await scene.makeCard();
      count += 1;
      const iccid = String(BigInt(ICCID) - BigInt(count));
      const card = { kind: CARD, reference: iccid };
      const span = { fromMs: api.clock.now() - DAY_MS };
      const registrations = [known(card), named(card, `msisdn:${phone.slice(1)}`, span)];
      const rows = [{ place: '1', asks: { registrations } }];
      await api.db.database.door(partyId, tx => registerRows(tx, partyId, rows, 'w', api.clock.now()));
      return { phone, subjectId, iccid };
    },
    watch: async (iccid, more = {}) =>
      await ask(api, '/api/v1/camara-watches', {
        token: scene.keys.other,
        body: { provider: providerId, iccid, event: 'imei-change', ...more },
      }),
    post: async (watchId, event, headers = {}) =>
      await fetch(`${url}/api/v1/camara/callbacks/${watchId}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents+json',
          authorization: `Bearer ${tokenOf(doors.desk.outside!, watchId)}`,
          'x-correlator': '123e4567-e89b-12d3-a456-426614174000',
          ...headers,
        },
        body: typeof event === 'string' ? event : JSON.stringify(event),
      }),
    async rounds() {
      for (let i = 0; i < 4; i += 1) {
        await runWatchTurn(doors);
        await runEventRound(doors);
      }
    },
    row: async watchId => {
      const { rows } = await sql<Record<string, unknown>>`
        select w.*, w.told::int as told from camara_watch w where watch_id = ${watchId}`.execute(
        api.db.corridor,
      );
      return rows[0] ?? {};
    },
    count: async text => {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.raw(text)}`.execute(
        api.db.owner,
      );
      return rows[0]!.n;
    },
  };
}
