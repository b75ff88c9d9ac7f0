import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cardsOf } from './card.ts';
import { NINE } from './classes.ts';
import { usesInFile, usesOf, usesUpTo } from './days.ts';
import { type Plan, USUAL_FROM_MS } from './plan.ts';
import { SCRIPTS } from './scripts.ts';
import { truthOf } from './truth.ts';
import { writeFleet } from './write-fleet.ts';

const plan: Plan = { seed: 4, cards: 400, days: 8, fromMs: USUAL_FROM_MS };
const cards = cardsOf(plan);
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function digestOf(of: Plan, format: 'csv' | 'freeradius-detail'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  folders.push(folder);
  await writeFleet(folder, of, format);
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort())
    if (name !== 'usage') hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

describe('a fleet over days', () => {
  it('is the same files, byte for byte, for the same seed, and others for another', async () => {
    const first = await digestOf(plan, 'csv');
    expect(await digestOf(plan, 'csv')).toBe(first);
    expect(await digestOf({ ...plan, seed: 5 }, 'csv')).not.toBe(first);
    expect(await digestOf(plan, 'freeradius-detail')).not.toBe(first);
  });

  it('has cards of all nine classes, each with an ICCID and an IMSI of its own', () => {
    const classes = new Set(cards.map(card => card.profile.id));
    for (const id of NINE) expect(classes).toContain(id);
    expect(new Set(cards.map(card => card.iccid)).size).toBe(cards.length);
    expect(new Set(cards.map(card => card.imsi)).size).toBe(cards.length);
  });

  it('plants every script once, and tells the truth of each with its first record', () => {
    const { cases, lookAlikes } = truthOf(plan, cards);
    expect([...cases, ...lookAlikes].map(each => each.kind).sort()).toEqual(
      SCRIPTS.map(each => each.kind).sort(),
    );
    for (const each of cases) {
      expect(each.cards).toHaveLength(SCRIPTS.find(script => script.kind === each.kind)?.cards ?? 0);
      expect(each.from <= each.shownAt && each.shownAt < each.until).toBe(true);
    }
  });

  it('hands over every record by the last file, some late and some twice', () => {
    let [once, told, late] = [0, 0, 0];
    for (const card of cards) {
      const names = new Set(
        Array.from({ length: plan.days }, (_, day) => usesOf(plan, card, day))
          .flat()
          .map(use => use.id),
      );
      const files = Array.from({ length: plan.days }, (_, day) => usesInFile(plan, card, day));
      expect(new Set(files.flat().map(use => use.id))).toEqual(names);
      expect(usesUpTo(plan, card, plan.days - 1).map(use => use.id)).toHaveLength(names.size);
      once += names.size;
      told += files.flat().length;
      for (const [day, file] of files.entries())
        if (file.some(use => !use.id.includes(`-${day}-`))) late += 1;
    }
    expect(told).toBeGreaterThan(once);
    expect(late).toBeGreaterThan(0);
  });
});
