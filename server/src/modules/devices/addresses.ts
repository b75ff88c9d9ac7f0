/** Where what authorities tell lies below an address that stands in certificates; whoever holds one may ask there. */
export const ADDRESS = {
  certificate: (base: string, authority: number) => `${base}/pki/${authority}/certificate.cer`,
  crl: (base: string, authority: number, shard: number) =>
    shard < 0 ? `${base}/pki/${authority}/all.crl` : `${base}/pki/${authority}/${shard}.crl`,
  delta: (base: string, authority: number, shard: number) =>
    shard < 0 ? `${base}/pki/${authority}/all-delta.crl` : `${base}/pki/${authority}/${shard}-delta.crl`,
  ocsp: (base: string) => `${base}/pki/ocsp`,
} as const;
