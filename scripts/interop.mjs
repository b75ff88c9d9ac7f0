// Runs every check by programs that nobody here wrote: each file of tests/interop is a script that prints one
// line for each check, `ok NAME`, `FAIL NAME` or `skipped NAME`, and installs what it needs.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'tests', 'interop');
const wanted = process.argv.slice(2);
const counts = { ok: 0, FAIL: 0, skipped: 0 };
const skipped = [];
let wasTold = false;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs one script, passes its output on, and counts its lines. */
function run(name) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join(folder, name)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Who ends this ends the script that runs, which has servers of its own to end.
    const pass = signal => {
      wasTold = true;
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, pass);
    child.on('close', () => {
      for (const signal of SIGNALS) process.off(signal, pass);
    });
    let text = '';
    child.stdout.on('data', part => {
      process.stdout.write(part);
      text += part;
    });
    child.on('close', (code, signal) => {
      let lines = 0;
      for (const line of text.split('\n')) {
        const match = /^(ok|FAIL|skipped)\s+(.*)$/.exec(line);
        if (match === null) continue;
        lines += 1;
        counts[match[1]] += 1;
        if (match[1] === 'skipped') skipped.push(`${name}: ${match[2]}`);
      }
      const isSilent = lines === 0;
      if (isSilent || (code !== 0 && !/^FAIL/m.test(text))) {
        counts.FAIL += 1;
        console.log(`FAIL ${name} ${isSilent ? 'checked nothing' : `ended with ${code ?? signal}`}`);
      }
      resolve();
    });
  });
}

const scripts = readdirSync(folder).filter(
  name => name.endsWith('.ts') && (wanted.length === 0 || wanted.some(word => name.includes(word))),
);
for (const name of scripts.sort()) {
  if (wasTold) break;
  console.log(`--- ${name}`);
  await run(name);
}
for (const line of skipped) console.log(`skipped by name: ${line}`);
console.log(
  `interop: ${counts.ok} passed, ${counts.FAIL} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
);
process.exitCode = counts.FAIL === 0 && counts.ok > 0 ? 0 : 1;
