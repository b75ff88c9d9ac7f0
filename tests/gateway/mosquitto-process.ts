import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where Debian puts it; a user's path seldom names the folder. */
export const MOSQUITTO = '/usr/sbin/mosquitto';

export interface MosquittoProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: string;
  stop(): Promise<void>;
}

/** Starts Mosquitto with a configuration; `lines` name their listener, which is at `port` of 127.0.0.1. */
export async function startMosquitto(
  folder: string,
  port: number,
  lines: readonly string[],
): Promise<MosquittoProcess> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'mosquitto.conf');
  // Started by root it would become a user who may not write here.
  writeFileSync(file, `${['user root', ...lines].join('\n')}\n`);
  const child = spawn(MOSQUITTO, ['-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const take = (part: Buffer): void => {
    output = (output + part.toString()).slice(-100_000);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (child.exitCode !== null || tries > 100) throw new Error(`Mosquitto did not start:\n${output}`);
    await sleep(100);
  }
  return {
    ...{ child, port },
    get output() {
      return output;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
