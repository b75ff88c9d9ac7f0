import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A disk of its own: a file that a loop device shows as a block device, with ext4 on it, mounted. */
export interface BlockImage {
  readonly file: string;
  readonly folder: string;
  /** The block device's name, `loop3`. */
  readonly device: string;
  /** Writes the device has taken, and those it is at. */
  writes(): string;
  unmount(): void;
}

/** Why no disk can be made here, for the name of a skipped test; null when one can. */
export function whyNoDisk(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  const trial = mkdtempSync(join(tmpdir(), 'disk-'));
  try {
    makeImage(join(trial, 'image'), 16 << 20);
    mountImage(join(trial, 'image'), join(trial, 'disk')).unmount();
    return null;
  } catch (cause) {
    return `no loop mount here: ${cause instanceof Error ? cause.message : String(cause)}`;
  } finally {
    rmSync(trial, { recursive: true, force: true });
  }
}

/** Makes the file, sparse, and a file system in it. */
export function makeImage(file: string, sizeBytes: number): void {
  writeFileSync(file, '');
  truncateSync(file, sizeBytes);
  run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', file);
}

export function mountImage(file: string, folder: string, ...options: readonly string[]): BlockImage {
  mkdirSync(folder, { recursive: true });
  run('mount', '-o', ['loop', ...options].join(','), file, folder);
  const device = run('losetup', '-j', file, '-O', 'NAME', '-n').trim();
  return {
    file,
    folder,
    device: basename(device),
    writes: () => {
      // The fifth figure counts finished writes, the ninth those under way (kernel: Documentation/block/stat.rst).
      const figures = readFileSync(`/sys/block/${basename(device)}/stat`, 'utf8')
        .trim()
        .split(/\s+/);
      return `${figures[4]} ${figures[8]}`;
    },
    unmount: () => void run('umount', folder),
  };
}

/** The bytes of the device as they are at one moment, or null when it was written to meanwhile. */
export function copyOfDisk(image: BlockImage, target: string): string | null {
  const before = image.writes();
  run('cp', '--sparse=always', image.file, target);
  return image.writes() === before && before.endsWith(' 0') ? target : null;
}

function run(program: string, ...args: readonly string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status === 0) return done.stdout;
  throw new Error(`${program}: ${done.error?.message ?? done.stderr.trim()}`);
}
