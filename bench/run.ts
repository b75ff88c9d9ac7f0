// Runs one benchmark, `npm run bench -- accept`, in a process of its own; without a name it lists them all.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const names = benchmarks();
const [name, ...given] = process.argv.slice(2);
if (name === undefined) for (const each of names) console.log(`${each.padEnd(10)} ${purposeOf(each)}`);
else if (!names.includes(name)) {
  console.error(`There is no benchmark "${name}"; there are: ${names.join(', ')}.`);
  process.exitCode = 2;
} else process.exitCode = await run(name);

/** Every file here is a benchmark, except this one and those that begin with a benchmark's name and a hyphen: they are parts of it. */
function benchmarks(): string[] {
  const stems = readdirSync(import.meta.dirname)
    .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'run.ts')
    .map(file => file.slice(0, -3));
  return stems.filter(stem => !stems.some(other => stem.startsWith(`${other}-`))).sort();
}

/** The first sentence of the comment that a benchmark begins with. */
function purposeOf(benchmark: string): string {
  const text = readFileSync(join(import.meta.dirname, `${benchmark}.ts`), 'utf8');
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '';
  const words = comment
    .replace(/^\s*\* ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  return /^.*?[.:](?=\s|$)/.exec(words)?.[0].replace(/:$/, '.') ?? words;
}

function run(benchmark: string): Promise<number> {
  const script = join(import.meta.dirname, `${benchmark}.ts`);
  const child = spawn(process.execPath, ['--expose-gc', script, ...given], { stdio: 'inherit' });
  return new Promise(resolve => {
    child.once('error', () => resolve(1));
    child.once('close', code => resolve(code ?? 1));
  });
}
