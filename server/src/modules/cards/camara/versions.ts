/** Versions of the contract, as they stand in its paths: the releases, and the one its feature files name. */
export const VERSIONS: ReadonlySet<string> = new Set(['vwip', 'v0.1', 'v0.1rc1']);
