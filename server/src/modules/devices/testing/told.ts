import { createHash } from 'node:crypto';
import { fromBER, Integer, OctetString } from 'asn1js';
import {
  AlgorithmIdentifier,
  BasicOCSPResponse,
  CertID,
  CertificateRevocationList,
  Extension,
  OCSPRequest,
  OCSPResponse,
  Request,
  TBSRequest,
} from 'pkijs';
import type { Authority } from '../authorities/authorities.ts';

/** Questions and answers about certificates as another program writes and reads them (pkijs). */

export function exact(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

const NULL = new Uint8Array([5, 0]);

export function questionAbout(authority: Authority, serials: readonly Buffer[], nonce?: Buffer): Buffer {
  const requestList = serials.map(
    serial =>
      new Request({
        reqCert: new CertID({
          hashAlgorithm: new AlgorithmIdentifier({
            algorithmId: '1.3.14.3.2.26',
            algorithmParams: fromBER(exact(NULL)).result,
          }),
          issuerNameHash: new OctetString({ valueHex: exact(authority.nameDigests[0] as Buffer) }),
          issuerKeyHash: new OctetString({ valueHex: exact(authority.keyDigests[0] as Buffer) }),
          serialNumber: new Integer({ valueHex: exact(serial) }),
        }),
      }),
  );
  const extensions =
    nonce === undefined
      ? {}
      : {
          requestExtensions: [
            new Extension({
              extnID: '1.3.6.1.5.5.7.48.1.2',
              extnValue: new OctetString({ valueHex: exact(nonce) }).toBER(),
            }),
          ],
        };
  const whole = new OCSPRequest({ tbsRequest: new TBSRequest({ requestList, ...extensions }) });
  return Buffer.from(whole.toSchema(true).toBER());
}

export interface Heard {
  readonly status: number;
  readonly basic: BasicOCSPResponse | null;
  /** `good`, `unknown`, or `revoked` with its reason, for each that was asked, in order. */
  readonly said: readonly string[];
}

export function heard(bytes: Uint8Array): Heard {
  const answer = new OCSPResponse({ schema: fromBER(exact(bytes)).result });
  const status = answer.responseStatus.valueBlock.valueDec;
  if (answer.responseBytes === undefined) return { status, basic: null, said: [] };
  const inner = answer.responseBytes.response.valueBlock.valueHexView;
  const basic = new BasicOCSPResponse({ schema: fromBER(exact(inner)).result });
  const said = basic.tbsResponseData.responses.map(({ certStatus }) => {
    const { tagNumber } = certStatus.idBlock;
    if (tagNumber === 0) return 'good';
    if (tagNumber === 2) return 'unknown';
    const reason = certStatus.valueBlock.value[1]?.valueBlock.value[0]?.valueBlock.valueHexView as
      | Uint8Array
      | undefined;
    return `revoked ${reason?.at(-1) ?? 0}`;
  });
  return { status, basic, said };
}

/** Serial numbers in hexadecimal with their reasons, as a list tells them. */
export function listed(crl: Uint8Array): Map<string, number> {
  const read = new CertificateRevocationList({ schema: fromBER(exact(crl)).result });
  return new Map(
    (read.revokedCertificates ?? []).map(entry => {
      const reason = entry.crlEntryExtensions?.extensions[0]?.extnValue.valueBlock.valueHexView.at(-1) ?? 0;
      return [Buffer.from(entry.userCertificate.valueBlock.valueHexView).toString('hex'), reason];
    }),
  );
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
