// Emits the witness as plain JavaScript into a folder that npm can pack as it stands, the verifier bundled with it, so
// that whoever runs it installs one file and nothing of the project.
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { packTo as packVerifierTo } from '../verifier/pack.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const VERIFIER = '@thingward/verifier';

/** Writes the package to `target`, replacing what was there. */
export async function packTo(target) {
  await rm(target, { recursive: true, force: true });
  const names = await readdir(join(HERE, 'src'), { recursive: true });
  for (const name of names.filter(each => each.endsWith('.ts') && !each.endsWith('.test.ts'))) await emit(name, target);
  const entry = await readFile(join(HERE, 'src/thingward-witness.mjs'), 'utf8');
  await writeFile(join(target, 'thingward-witness.mjs'), entry.replaceAll(/(from '\.\/[^']+)\.ts'/g, "$1.js'"), { mode: 0o755 });
  const { private: _, ...manifest } = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'));
  manifest.bin = { 'thingward-witness': './thingward-witness.mjs' };
  manifest.exports = { '.': './index.js' };
  manifest.engines = { node: '>=20' };
  manifest.bundleDependencies = [VERIFIER];
  await writeFile(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await packVerifierTo(join(target, 'node_modules', VERIFIER));
  await cp(join(HERE, '../../LICENSE'), join(target, 'LICENSE'));
}

async function emit(name, target) {
  const { outputText, diagnostics } = ts.transpileModule(await readFile(join(HERE, 'src', name), 'utf8'), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
    fileName: name,
    reportDiagnostics: true,
  });
  if (diagnostics?.length) throw new Error(`${name}: ${ts.flattenDiagnosticMessageText(diagnostics[0].messageText, '\n')}`);
  const place = join(target, name.replace(/\.ts$/, '.js'));
  await mkdir(dirname(place), { recursive: true });
  await writeFile(place, outputText);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const target = resolve(process.argv[2] ?? join(HERE, '../../out/witness'));
  await packTo(target);
  console.log(target);
}
