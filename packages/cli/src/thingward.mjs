#!/usr/bin/env node
// Plain JavaScript of 2020 on purpose: an old Node must be able to read this file far enough to say what is wrong.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const parts = process.versions.node.split('.').map(Number);
const runsTypeScript = parts[0] > 22 || (parts[0] === 22 && parts[1] >= 18);

if (runsTypeScript) {
  const { runHere } = await import('./program.ts');
  process.exitCode = await runHere(process);
} else {
  const houseNode = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
  if (existsSync(houseNode) && process.env.THINGWARD_NO_HOUSE_NODE === undefined) {
    const script = fileURLToPath(import.meta.url);
    const run = spawnSync(houseNode, [script].concat(process.argv.slice(2)), {
      stdio: 'inherit',
      env: Object.assign({}, process.env, { THINGWARD_NO_HOUSE_NODE: '1' }),
    });
    process.exitCode = run.status === null ? 1 : run.status;
  } else {
    process.stderr.write(
      `thingward needs Node.js 22.18 or later; this is ${process.versions.node}. Install a newer Node.js, or run "npm install" in the Thingward folder, which brings one.\n` +
        `thingward 需要 Node.js 22.18 或更高版本，当前为 ${process.versions.node}。请安装新版 Node.js，或在 Thingward 目录中运行 "npm install"，它会带来所需版本。\n`,
    );
    process.exitCode = 1;
  }
}
