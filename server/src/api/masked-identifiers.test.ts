import type { FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { masked, maskForRole } from './masked-identifiers.ts';

const shown = {
  items: [
    {
      claim: 'imei:35752007426533',
      imsi: '460001234567890',
      reference: '8986000000000000001',
      cell: '460-00-1',
      at: 7,
    },
  ],
  bound: { imeis: ['35752007426533'], location: null },
};

test('identifiers and places are masked wherever they stand, and the rest stays (C-51)', () => {
  expect(masked(shown)).toEqual({
    items: [{ claim: 'imei:••••33', imsi: '••••90', reference: '8986000000000000001', cell: '••••', at: 7 }],
    bound: { imeis: ['••••33'], location: null },
  });
});

test.each([
  ['a person without the right', 'token', [], '/api/v1/findings', false],
  ['a person with it', 'token', ['identifiers:see'], '/api/v1/findings', true],
  ['an API key', 'api-key', [], '/api/v1/findings', true],
  ['evidence, which is checked byte by byte', 'token', [], '/api/v1/cases/:id/evidence', true],
])('%s: shown as it is or masked', (_who, by, scopes, url, isClear) => {
  const request = {
    actor: { by, scopes: new Set(scopes) },
    routeOptions: { url },
  } as unknown as FastifyRequest;
  let told: unknown;
  maskForRole(request, null, shown, (_fault, payload) => {
    told = payload;
  });
  expect(told === shown).toBe(isClear);
});
