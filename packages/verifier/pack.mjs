// Emits the verifier as plain JavaScript with declarations into a folder that npm can pack as it stands:
// Node does not strip types below node_modules, and browsers never do.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Writes the package to `target`, replacing what was there, and returns the names of its files. */
export async function packTo(target) {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const sources = (await readdir(join(HERE, 'src'))).filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  for (const name of sources) await emit(name, target);
  const manifest = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8'));
  const { private: _, ...published } = manifest;
  published.exports = { '.': { types: './index.d.ts', default: './index.js' } };
  await writeFile(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
  return readdir(target);
}

async function emit(name, target) {
  const text = await readFile(join(HERE, 'src', name), 'utf8');
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: true,
    rewriteRelativeImportExtensions: true,
  };
  const stem = name.replace(/\.ts$/, '');
  const script = ts.transpileModule(text, { compilerOptions, fileName: name, reportDiagnostics: true });
  const types = ts.transpileDeclaration(text, { compilerOptions, fileName: name, reportDiagnostics: true });
  const faults = [...(script.diagnostics ?? []), ...(types.diagnostics ?? [])];
  if (faults.length > 0) throw new Error(`${name}: ${ts.flattenDiagnosticMessageText(faults[0].messageText, '\n')}`);
  await writeFile(join(target, `${stem}.js`), script.outputText);
  await writeFile(join(target, `${stem}.d.ts`), types.outputText.replaceAll(/(from '\.\/[^']+)\.ts'/g, "$1.js'"));
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const target = resolve(process.argv[2] ?? join(HERE, '../../out/verifier'));
  for (const name of await packTo(target)) console.log(join(target, name));
}
