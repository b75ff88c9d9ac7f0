import { CERTIFICATE_TARGETS } from './certificate-targets.ts';
import { FOLDER_TARGETS } from './folder-targets.ts';
import { FORMAT_TARGETS } from './format-targets.ts';
import { IMAGE_TARGETS } from './image-targets.ts';
import { KEPT_TARGETS } from './kept-targets.ts';
import { PROOF_TARGETS } from './proof-targets.ts';
import { RULE_TARGETS } from './rule-targets.ts';
import { SETTING_TARGETS } from './setting-targets.ts';
import { TABLE_TARGETS } from './table-targets.ts';
import type { Target } from './target.ts';
import { TEXT_TARGETS } from './text-targets.ts';
import { WORKBOOK_TARGETS } from './workbook-targets.ts';

/** Every parser and hostile surface that takes its input in one call. */
export const TARGETS: readonly Target[] = [
  ...FORMAT_TARGETS,
  ...TABLE_TARGETS,
  ...TEXT_TARGETS,
  ...RULE_TARGETS,
  ...PROOF_TARGETS,
  ...CERTIFICATE_TARGETS,
  ...FOLDER_TARGETS,
  ...IMAGE_TARGETS,
  ...KEPT_TARGETS,
  ...SETTING_TARGETS,
  ...WORKBOOK_TARGETS,
];
