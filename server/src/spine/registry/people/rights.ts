/** Roles of the membership table. */
export const ROLES = ['administrator', 'supervisor', 'case-officer', 'analyst', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** What a person or an API key may be allowed to do. The names are also the scopes of API keys. */
export const RIGHTS = [
  'status:read',
  'parties:read',
  'parties:write',
  'people:read',
  'people:write',
  'api-keys:read',
  'api-keys:write',
  'registry:read',
  'registry:write',
  'sources:read',
  'sources:write',
  'observations:read',
  'observations:write',
  'quarantine:read',
  'quarantine:write',
  'findings:read',
  'cases:read',
  'cases:write',
  'measures:read',
  'measures:order',
  'policies:write',
  'rules:read',
  'rules:test',
  'rules:arm',
  'ledger:read',
  'ledger:succeed',
  'events:read',
  'subscribers:read',
  'subscribers:write',
  // Identifiers and places of cards in the clear: without it they are masked wherever they would be shown (C-51).
  'identifiers:see',
  'persons:read',
  'persons:write',
  'persons:unmask',
  'vault:read',
  'vault:rotate',
  'remedies:write',
  'reports:read',
  'reports:write',
  'informants:read',
  'informants:write',
  'credit:read',
  'credit:write',
  // The data sets for a supervising authority (C-54).
  'regulator:export',
] as const;

export type Right = (typeof RIGHTS)[number];

/**
 * What is for those whose work it is, and for nobody by being mighty: to see persons, and who informed. Whoever
 * appoints people gives these with a role, on record, without holding them.
 */
export const NEED_TO_KNOW: ReadonlySet<Right> = new Set([
  'persons:unmask',
  'informants:read',
  'informants:write',
] as const);
const READS: readonly Right[] = RIGHTS.filter(right => right.endsWith(':read') && !NEED_TO_KNOW.has(right));
const WORK_READS: readonly Right[] = READS.filter(
  right => right !== 'people:read' && right !== 'api-keys:read',
);

/** The rights of each role of the membership table; a person holds the union over the roles held at the acting party or above it. */
const RIGHTS_OF_ROLE: Readonly<Record<string, readonly Right[]>> = {
  administrator: RIGHTS.filter(right => !NEED_TO_KNOW.has(right)),
  supervisor: [
    ...READS,
    ...NEED_TO_KNOW,
    'identifiers:see',
    'persons:write',
    'remedies:write',
    'reports:write',
    'credit:write',
    'registry:write',
    'cases:write',
    'measures:order',
    'policies:write',
    'rules:test',
    'rules:arm',
    'regulator:export',
  ],
  'case-officer': [
    ...WORK_READS,
    ...NEED_TO_KNOW,
    'identifiers:see',
    'persons:write',
    'remedies:write',
    'reports:write',
    'credit:write',
    'cases:write',
    'measures:order',
  ],
  analyst: [
    ...WORK_READS,
    'identifiers:see',
    'sources:write',
    'registry:write',
    'observations:write',
    'quarantine:write',
    'rules:test',
  ],
  auditor: READS,
};

/** The union of the rights of some roles; an unknown role grants nothing. */
export function rightsOf(roles: readonly string[]): ReadonlySet<Right> {
  return new Set(roles.flatMap(role => RIGHTS_OF_ROLE[role] ?? []));
}

export function isRight(text: string): text is Right {
  return (RIGHTS as readonly string[]).includes(text);
}
