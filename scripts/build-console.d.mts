export function buildConsole(root: string, node: string): string | null;
export function digestOfSources(root: string): string;
