/** What `bench/instructions.ts` counts of the whole path: `counted-path.ts <rules, by commas> <files>`. */
import { openHouse } from '../pipeline-parts/house.ts';

const [rules = '', files = ''] = process.argv.slice(2);
const house = await openHouse(rules.split(','), { rows: 5_000, cards: 200 });
try {
  for (let file = 0; file < Number(files); file += 1) {
    await house.accept(file);
    await house.judge();
  }
  console.log(`hits ${await house.findings()}`);
} finally {
  await house.close();
}
