import { Type } from 'typebox';
import { type ModuleRoute, moduleRoute, Octets, type RouteHand } from '../../../spine/module-route.ts';
import { no } from '../authorities/authorities.ts';
import type { Profiles } from '../authorities/profiles.ts';
import { authorityById, openAuthority } from '../authorities/store.ts';
import { listOf, WHOLE } from '../crl/store.ts';
import { deskOf } from '../desk.ts';
import { MOST_QUESTION_BYTES } from '../ocsp/question.ts';
import { respond, type Told } from '../ocsp/respond.ts';
import { Numeral } from './parts.ts';

const tag = 'public key infrastructure';
const authority = { authority: Numeral };

/**
 * What authorities tell anybody: their certificates, lists of what is revoked, answers about single ones. These addresses
 * stand in certificates, and what is read there is signed and public.
 */
export function openRoutes(profiles: Profiles): readonly ModuleRoute[] {
  const answered = async (hand: RouteHand, bytes: Uint8Array): Promise<Octets> =>
    asOctets(await respond(deskOf(hand, profiles), bytes), hand.clock.now());
  return [
    moduleRoute({
      method: 'GET',
      path: '/pki/:authority/certificate.cer',
      right: null,
      isAtRoot: true,
      tag,
      params: authority,
      answer: async (hand, { params }) => {
        const partyId = await partyOf(hand, params.authority);
        const found = await hand.database.door(partyId, tx => authorityById(tx, params.authority));
        if (found?.certificate == null) throw no('authority-unknown', `authority/${params.authority}`);
        const headers = { 'cache-control': 'public, max-age=86400' };
        return new Octets('application/pkix-cert', found.certificate, headers);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/pki/:authority/:list',
      right: null,
      isAtRoot: true,
      tag,
      params: { ...authority, list: Type.String({ maxLength: 40 }) },
      answer: async (hand, { params }) => {
        const match = /^(all|0|[1-9]\d{0,3})(-delta)?\.crl$/.exec(params.list);
        if (match === null) throw no('crl-unknown', 'crl/named');
        const shard = match[1] === 'all' ? WHOLE : Number(match[1]);
        const partyId = await partyOf(hand, params.authority);
        const found = await hand.database.door(partyId, tx =>
          listOf(tx, params.authority, shard, match[2] !== undefined),
        );
        if (found === undefined) throw no('crl-unknown', 'crl/named');
        // A list is made again at half of its time, and a delta when something changes: a minute is kept at most.
        const leftS = Math.floor((found.nextMs - hand.clock.now()) / 1_000);
        const keepS = Math.max(0, Math.min(match[2] === undefined ? 3_600 : 60, leftS));
        return new Octets('application/pkix-crl', found.bytes, {
          'cache-control': `public, max-age=${keepS}`,
          'last-modified': httpDate(found.atMs),
          expires: httpDate(found.nextMs),
        });
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/pki/ocsp',
      right: null,
      isAtRoot: true,
      takes: 'application/ocsp-request',
      tag,
      answer: async (hand, { body }) => await answered(hand, body as unknown as Buffer),
    }),
    moduleRoute({
      method: 'GET',
      path: '/pki/ocsp/*',
      right: null,
      isAtRoot: true,
      tag,
      // RFC 6960, appendix A.1.1: the question in base64 is the rest of the address.
      answer: async (hand, { params }) =>
        await answered(hand, questionIn(params as { readonly '*'?: string })),
    }),
  ];
}

function questionIn(params: { readonly '*'?: string }): Uint8Array {
  const text = (params['*'] ?? '').replace(/ /g, '+');
  const isBase64 = text.length <= MOST_QUESTION_BYTES * 2 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : Buffer.alloc(0);
}

async function partyOf(hand: RouteHand, authorityId: number): Promise<number> {
  const [found] = await hand.database.door(0, tx => openAuthority(tx, { authorityId }));
  if (found === undefined) throw no('authority-unknown', `authority/${authorityId}`);
  return found.partyId;
}

/** RFC 5019 §6.2: caches keep an answer no longer than it says; ours a fifth of that, so that a revocation spreads. */
function asOctets({ bytes, keep }: Told, nowMs: number): Octets {
  const headers: Record<string, string> =
    keep === null
      ? { 'cache-control': 'no-store' }
      : {
          'cache-control': `public, max-age=${Math.max(0, Math.floor((keep.nextMs - nowMs) / 5_000))}, no-transform, must-revalidate`,
          'last-modified': httpDate(keep.atMs),
          expires: httpDate(keep.nextMs),
        };
  return new Octets('application/ocsp-response', bytes, headers);
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}
