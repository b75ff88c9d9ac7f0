import type { Database } from '../../../kernel/database/transaction.ts';
import { credentials } from '../presented/credentials.ts';

/** What a listener does with a certificate that opens: it asks about it, and says that it was used. Throws for one that does not. */
export async function useCertificate(database: Database, der: Uint8Array, atMs: number): Promise<void> {
  const shown = await credentials.presented(database, der, atMs);
  if (!('credential' in shown)) throw new Error(`the certificate is refused: ${shown.fault}`);
  await credentials.used(database, shown.credential, atMs);
}
