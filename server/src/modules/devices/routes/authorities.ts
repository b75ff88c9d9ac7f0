import { Type } from 'typebox';
import { pemParts } from '../../../kernel/der/pem.ts';
import { numberedList } from '../../../spine/module-list.ts';
import { type ModuleRoute, moduleRoute, type RouteHand } from '../../../spine/module-route.ts';
import * as authorities from '../authorities/authorities.ts';
import type { Profiles } from '../authorities/profiles.ts';
import { rotateAuthority } from '../authorities/rotation.ts';
import { deskOf } from '../desk.ts';
import { doerOf, Name, Numeral, Pem, tag } from './parts.ts';
import { shownAuthority } from './shown.ts';

const KeyTypes = Type.Union([
  Type.Literal('ec-p256'),
  Type.Literal('ec-p384'),
  Type.Literal('rsa-3072'),
  Type.Literal('rsa-4096'),
]);

const Stores = Type.Union([Type.Literal('sealed'), Type.Literal('pkcs11')]);

/** Authorities: their keys are made here, their certificates by the root, wherever it is kept. */
export function authorityRoutes(profiles: Profiles): readonly ModuleRoute[] {
  const desk = (hand: RouteHand) => deskOf(hand, profiles);
  const id = { id: Numeral };
  return [
    numberedList({
      path: '/device-authorities',
      tag,
      read: authorities.listAuthorities,
      idOf: each => each.authorityId,
      show: shownAuthority,
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-authorities',
      right: 'policies:write',
      tag,
      status: 201,
      body: Type.Object(
        {
          name: Name,
          organization: Type.String({ minLength: 1, maxLength: 64, pattern: '^\\P{Cc}+$' }),
          country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
          store: Type.Optional(Stores),
          keyType: Type.Optional(KeyTypes),
          shards: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_024 })),
          url: Type.Optional(Type.String({ pattern: '^https?://[!-~]+$', maxLength: 300 })),
        },
        { additionalProperties: false },
      ),
      answer: async (hand, { body }) => {
        const { store = 'sealed', keyType = 'ec-p256', shards = 1, url, ...rest } = body;
        const baseUrl = (url ?? hand.desk.outside?.ownUrl ?? 'http://localhost').replace(/\/+$/, '');
        const asked = { ...rest, store, keyType, shards, baseUrl };
        const made = await authorities.requestAuthority(desk(hand), doerOf(hand), asked);
        hand.announce('authority', `authority/${made.authorityId}`);
        return shownAuthority(made);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/device-authorities/:id',
      right: 'registry:read',
      tag,
      params: id,
      answer: async (hand, { params }) => {
        const found = await hand.database.door(hand.actor.partyId, tx =>
          authorities.authorityById(tx, params.id),
        );
        if (found === undefined) throw authorities.no('authority-unknown', `authority/${params.id}`);
        return shownAuthority(found);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-authorities/:id/certificate',
      right: 'policies:write',
      tag,
      params: id,
      body: Type.Object(
        { certificate: Pem, above: Pem, lists: Type.Optional(Pem) },
        { additionalProperties: false },
      ),
      answer: async (hand, { params, body }) => {
        const [certificate = Buffer.alloc(0)] = pemParts(body.certificate, 'CERTIFICATE');
        const above = pemParts(body.above, 'CERTIFICATE');
        const lists = body.lists === undefined ? null : pemParts(body.lists, 'X509 CRL');
        const given = { certificate, above, lists };
        const done = await authorities.installAuthority(desk(hand), doerOf(hand), params.id, given);
        hand.announce('authority', `authority/${done.authorityId}`);
        return shownAuthority(done);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-authorities/:id/retire',
      right: 'policies:write',
      tag,
      params: id,
      answer: async (hand, { params }) => {
        const done = await authorities.retireAuthority(desk(hand), doerOf(hand), params.id);
        hand.announce('authority', `authority/${done.authorityId}`);
        return shownAuthority(done);
      },
    }),
    moduleRoute({
      method: 'POST',
      path: '/device-authorities/:id/rotate',
      right: 'policies:write',
      tag,
      status: 201,
      params: id,
      body: Type.Object(
        { store: Type.Optional(Stores), keyType: Type.Optional(KeyTypes) },
        { additionalProperties: false },
      ),
      answer: async (hand, { params, body }) => {
        const made = await rotateAuthority(desk(hand), doerOf(hand), params.id, body);
        hand.announce('authority', `authority/${made.authorityId}`);
        return shownAuthority(made);
      },
    }),
    moduleRoute({
      method: 'GET',
      path: '/certificate-profiles',
      right: 'registry:read',
      tag,
      answer: async () => ({
        items: [...profiles.all.values()].map(({ validMs, backdateMs, ...rest }) => ({
          ...rest,
          validDays: validMs / 86_400_000,
          backdateMinutes: backdateMs / 60_000,
        })),
        next: null,
      }),
    }),
  ];
}
