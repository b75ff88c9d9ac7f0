// Writes content/schemas/rule.schema.json from the form a rule is checked against; `--check` only compares, and fails when it is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schemaOf } from '../server/src/spine/rules/form.ts';
import { ruleForm } from '../server/src/spine/rules/rule-form.ts';

const path = join(dirname(dirname(fileURLToPath(import.meta.url))), 'content', 'schemas', 'rule.schema.json');
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:thingward:schema:rule',
  title: 'Rule',
  ...schemaOf(ruleForm),
};
const text = `${JSON.stringify(schema, null, 2)}\n`;

if (process.argv.includes('--check')) {
  const isCurrent = readFileSync(path, 'utf8') === text;
  if (!isCurrent)
    process.stderr.write('content/schemas/rule.schema.json is stale: run node tools/gen-rule-schema.ts\n');
  process.exitCode = isCurrent ? 0 : 1;
} else writeFileSync(path, text);
