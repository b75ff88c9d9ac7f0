/** Why the registry says no. */
export type RegistryCode =
  | 'party-unknown'
  | 'person-unknown'
  | 'person-beyond'
  | 'role-beyond-own'
  | 'last-administrator'
  | 'api-key-unknown'
  | 'subject-unknown'
  | 'import-unknown'
  | 'import-columns'
  | 'import-mapping'
  | 'import-not-a-table';
