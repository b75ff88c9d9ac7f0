import { type UseQueryResult, useQuery } from '@tanstack/react-query';

export interface LedgerHead {
  readonly origin: string;
  readonly treeSize: number;
  readonly root: string;
  /** Names of those who signed or cosigned it, as their lines say. */
  readonly signers: readonly string[];
  /** The whole signed note. */
  readonly note: string;
}

/** The head of the ledger out of its checkpoint (C2SP tlog-checkpoint); null before the first. */
export function useLedgerHead(): UseQueryResult<LedgerHead | null> {
  return useQuery({
    queryKey: ['ledger', 'checkpoint'],
    queryFn: async ({ signal }) => {
      const response = await fetch('/ledger/checkpoint', { cache: 'no-store', signal });
      return response.ok ? headOf(await response.text()) : null;
    },
  });
}

function headOf(note: string): LedgerHead {
  const [origin = '', size = '', root = ''] = note.split('\n');
  const signers = [...note.matchAll(/^— (\S+) /gm)].map(match => match[1] ?? '');
  return { origin, treeSize: Number(size), root, signers, note };
}
