import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { emptyState, type State } from './state.ts';

/**
 * Keeps the platform's memory in one file. What `save` was given is there after a kill: the new document
 * is written beside the old one, flushed, and renamed over it.
 */
export interface Disk {
  readonly state: State;
  save(): void;
}

/** Opens `dir`, which is made when it is missing; an absent document means a platform without history. */
export function openDisk(dir: string): Disk {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'platform.json');
  const state = load(path);
  return { state, save: () => replace(path, JSON.stringify(state)) };
}

function load(path: string): State {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return emptyState();
    throw cause;
  }
  return JSON.parse(text) as State;
}

function replace(path: string, text: string): void {
  const beside = `${path}.new`;
  const file = openSync(beside, 'w');
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
}
