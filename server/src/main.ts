import { startRefusal } from './api/start-refusal.ts';
import { ConfigFault, readConfig } from './config.ts';
import { furnishDemo } from './demo.ts';
import { openHouse } from './house.ts';
import { openLog } from './kernel/log.ts';
import { systemClock } from './kernel/time.ts';

/** Starts the server, says where it is and how to get in, and stops in order when told to. */
async function main(): Promise<void> {
  const config = readConfig();
  const log = openLog(config.logLevel);
  const house = await openHouse(config, log, systemClock, ({ email, oneTimePassword }) => {
    say(`First sign-in 首次登录:  ${email}`);
    say(`One-time password 一次性密码:  ${oneTimePassword}`);
  });
  stopWhenTold(() => house.close());
  const address = await house.app.listen({ host: config.host, port: config.port }).catch(async error => {
    await house.close();
    throw error;
  });
  const { durability, serverVersion, isEmbedded } = house.opened;
  say(`Database 数据库:  PostgreSQL ${serverVersion}${isEmbedded ? ' (embedded 内置)' : ''}`);
  say(
    `  fsync=${onOff(durability.fsync)} synchronous_commit=${durability.synchronousCommit} full_page_writes=${onOff(durability.fullPageWrites)}`,
  );
  if (!durability.durable)
    say(
      '  NOT DURABLE: an acknowledged record may be lost in a power cut. 提交不持久：断电可能丢失已确认的记录。',
    );
  if (config.isDemo) await furnishDemo(house, config.dataDir, say);
  say(`Thingward is ready 已就绪:  ${address}`);
}

function onOff(isOn: boolean): string {
  return isOn ? 'on' : 'off';
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function stopWhenTold(close: () => Promise<void>): void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    close().then(
      () => process.exit(0),
      error => {
        process.stderr.write(`stopping failed: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(error instanceof ConfigFault ? `${error.message}\n` : startRefusal(error));
  process.exit(1);
});
