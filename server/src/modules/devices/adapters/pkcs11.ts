import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { bits, integer, nothing, oid, seq } from '../../../kernel/der/encode.ts';
import { DerReader } from '../../../kernel/der/read.ts';
import type { Sign, TokenSettings } from '../signing/key.ts';
import type { KeyType } from '../x509/algorithms.ts';

/**
 * Keys on a PKCS#11 token. The binding is the operator's to install (it is compiled against their machine), and is
 * named by a setting; nothing of it is needed otherwise. What is used of it is spelled out here.
 */
interface Binding {
  load(path: string): void;
  C_Initialize(options?: object): void;
  C_Finalize(): void;
  C_GetSlotList(withToken: boolean): Buffer[];
  C_GetTokenInfo(slot: Buffer): { readonly label: string };
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_Login(session: Buffer, user: number, pin: string): void;
  C_GenerateKeyPair(
    session: Buffer,
    mechanism: object,
    publicTemplate: readonly object[],
    privateTemplate: readonly object[],
  ): { readonly publicKey: Buffer; readonly privateKey: Buffer };
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: readonly object[],
  ): readonly { readonly value: Buffer }[];
  C_FindObjectsInit(session: Buffer, template: readonly object[]): void;
  C_FindObjects(session: Buffer): Buffer | null;
  C_FindObjectsFinal(session: Buffer): void;
  C_SignInit(session: Buffer, mechanism: object, key: Buffer): void;
  C_Sign(session: Buffer, data: Buffer, into: Buffer): Buffer;
}

/** Numbers of the PKCS#11 standard (v2.40, its header file). */
const CK = {
  flagsSession: 4 | 2,
  user: 1,
  class: 0x000,
  token: 0x001,
  private: 0x002,
  label: 0x003,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
  privateKeyObject: 3,
  rsa: 0,
  ec: 3,
  makeRsa: 0x0000,
  makeEc: 0x1040,
  ecdsa: 0x1041,
  sha256Rsa: 0x0040,
} as const;

const CURVES: Readonly<Partial<Record<KeyType, { readonly oid: string; readonly half: number }>>> = {
  'ec-p256': { oid: '1.2.840.10045.3.1.7', half: 32 },
  'ec-p384': { oid: '1.3.132.0.34', half: 48 },
};

export interface Token {
  /** Makes a pair that never leaves the token; answers its public half as SubjectPublicKeyInfo. */
  make(type: KeyType, id: Uint8Array): Buffer;
  signer(type: KeyType, id: Uint8Array): Sign;
  close(): void;
}

/** Opens the token with that label. Throws what the binding or the token says. */
export function openToken(settings: TokenSettings): Token {
  const Pkcs11 = (createRequire(import.meta.url)(settings.binding) as { PKCS11: new () => Binding }).PKCS11;
  const token = new Pkcs11();
  token.load(settings.module);
  token.C_Initialize({ flags: 2 });
  const slot = token
    .C_GetSlotList(true)
    .find(each => token.C_GetTokenInfo(each).label.trim() === settings.label);
  if (slot === undefined) throw new Error(`no token is called ${settings.label}`);
  const session = token.C_OpenSession(slot, CK.flagsSession);
  token.C_Login(session, CK.user, readFileSync(settings.pinFile, 'utf8').trim());
  return {
    make: (type, id) => makeOn(token, session, type, Buffer.from(id)),
    signer: (type, id) => signerOn(token, session, type, Buffer.from(id)),
    close: () => token.C_Finalize(),
  };
}

function makeOn(token: Binding, session: Buffer, type: KeyType, id: Buffer): Buffer {
  const curve = CURVES[type];
  if (curve === undefined && !type.startsWith('rsa-')) throw new Error(`tokens make no ${type} here`);
  const common = [
    { type: CK.token, value: true },
    { type: CK.id, value: id },
    { type: CK.label, value: `thingward ${id.toString('hex')}` },
  ];
  const own = [
    { type: CK.private, value: true },
    { type: CK.sensitive, value: true },
    { type: CK.extractable, value: false },
    { type: CK.sign, value: true },
  ];
  const kind =
    curve === undefined
      ? [
          { type: CK.modulusBits, value: Number(type.slice(4)) },
          { type: CK.publicExponent, value: Buffer.of(1, 0, 1) },
        ]
      : [{ type: CK.ecParams, value: oid(curve.oid) }];
  const pair = token.C_GenerateKeyPair(
    session,
    { mechanism: curve === undefined ? CK.makeRsa : CK.makeEc, parameter: null },
    [...common, { type: CK.verify, value: true }, ...kind],
    [...common, ...own],
  );
  const values = (...types: readonly number[]) =>
    token
      .C_GetAttributeValue(
        session,
        pair.publicKey,
        types.map(each => ({ type: each })),
      )
      .map(each => each.value);
  if (curve !== undefined) {
    const [point = Buffer.alloc(0)] = values(CK.ecPoint);
    return seq(seq(oid('1.2.840.10045.2.1'), oid(curve.oid)), bits(new DerReader(point).octets()));
  }
  const [modulus = Buffer.alloc(0), exponent = Buffer.alloc(0)] = values(CK.modulus, CK.publicExponent);
  const numbers = seq(integer(modulus), integer(exponent));
  return seq(seq(oid('1.2.840.113549.1.1.1'), nothing()), bits(numbers));
}

function signerOn(token: Binding, session: Buffer, type: KeyType, id: Buffer): Sign {
  const key = found(token, session, id);
  const curve = CURVES[type];
  if (curve === undefined) {
    return bytes => {
      token.C_SignInit(session, { mechanism: CK.sha256Rsa, parameter: null }, key);
      return Buffer.from(token.C_Sign(session, Buffer.from(bytes), Buffer.alloc(1_024)));
    };
  }
  const digest = type === 'ec-p256' ? 'sha256' : 'sha384';
  return bytes => {
    token.C_SignInit(session, { mechanism: CK.ecdsa, parameter: null }, key);
    const hash = createHash(digest).update(bytes).digest();
    const raw = Buffer.from(token.C_Sign(session, hash, Buffer.alloc(curve.half * 2)));
    return seq(integer(raw.subarray(0, curve.half)), integer(raw.subarray(curve.half)));
  };
}

function found(token: Binding, session: Buffer, id: Buffer): Buffer {
  token.C_FindObjectsInit(session, [
    { type: CK.class, value: CK.privateKeyObject },
    { type: CK.id, value: id },
  ]);
  try {
    const key = token.C_FindObjects(session);
    if (key === null) throw new Error('the token has no such key');
    return key;
  } finally {
    token.C_FindObjectsFinal(session);
  }
}
