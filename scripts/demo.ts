import { resolve } from 'node:path';

import { type Deployment, openDeployment } from './demo/deployment.ts';
import { dataFiles, type Example, exampleFolder, readExample } from './demo/example.ts';
import { type Flags, readFlags } from './demo/flags.ts';
import { claimDemoFolder } from './demo/folder.ts';
import {
  hasOwnEvents,
  type Industry,
  isGolden,
  readEarned,
  readIndustry,
  showEarned,
  takeInIndustry,
} from './demo/industry.ts';
import { payMadeUpMonth } from './demo/made-up.ts';
import { payMonths, replay } from './demo/replay.ts';
import { type Report, writeReport } from './demo/report.ts';
import { isProved, prove, showAddresses, showStories, showSummary } from './demo/summary.ts';

/** `npm run demo` starts a separate deployment, pays partners for a month or more, and proves that the books agree. */

const USAGE = `npm run demo -- [FLAG VALUE]…
  --exit                      ends when the books are compared; without it, the servers run until Ctrl-C
  --events, --partners        how much is made up
  --seed                      the seed of what is made up
  --example, --months, --report
                              plays an example of examples/, such as --example automotive
  --data                      the folder of the data, for an example whose rows are stored elsewhere
  --folder                    the folder for the databases, whose content is deleted first`;
const WRONG_USE = 2;
const say = (line: string): void => console.log(line);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Plan = { flags: Flags; example: Example | Industry | undefined };

const plan = await readPlan().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(WRONG_USE);
});
process.exit(await run(plan));

/** Checks all flags before anything is started. */
async function readPlan(): Promise<Plan> {
  if (process.argv.includes('--help')) {
    say(USAGE);
    process.exit(0);
  }
  const flags = readFlags(process.argv.slice(2));
  const example = flags.example ? await readChosen(exampleFolder(flags.example), flags.data) : undefined;
  claimDemoFolder(flags.folder);
  return { flags, example };
}

async function readChosen(folder: string, data: string | undefined): Promise<Example | Industry> {
  if (await hasOwnEvents(folder)) {
    if (data) throw new Error('This example has its own events: leave --data out. Nothing was started.');
    return readIndustry(folder);
  }
  const example = await readExample(folder);
  if (!data) throw new Error('The folder of the data is missing: add --data FOLDER. Nothing was started.');
  dataFiles(example, data);
  return example;
}

/** Returns the exit code: 0 only if every invariant holds and every difference is zero. */
async function run({ flags, example }: Plan): Promise<number> {
  const startedMs = Date.now();
  const deployment = await openDeployment({ folder: flags.folder, seed: flags.seed, say }).catch((error: unknown) =>
    say(messageOf(error)),
  );
  if (!deployment) return 1;
  const broken = deployment.stack.broken.then((reason) => Promise.reject(new Error(reason)));
  try {
    const code = await Promise.race([show(deployment, { flags, example }, startedMs), broken]);
    if (flags.exit) return code;
    say('\nEverything keeps running until Ctrl-C.');
    return await broken;
  } catch (error) {
    console.error(messageOf(error));
    return 1;
  } finally {
    await deployment.close();
  }
}

async function show(deployment: Deployment, { flags, example }: Plan, startedMs: number): Promise<number> {
  const { runs, isRight } = example
    ? await replayExample(deployment, flags, example)
    : { runs: await makeUp(deployment, flags), isRight: true };
  const proof = await prove(deployment, startedMs);
  await showSummary(deployment, runs, proof);
  say(`\nTime taken: ${Math.round((Date.now() - startedMs) / 1000)} s`);
  if (!flags.exit) await showAddresses(deployment);
  if (!isProved(proof)) say('\nThe books do not agree: see above.');
  if (!isRight) say('\nSome earnings differ from the golden results: see above.');
  return isProved(proof) && isRight ? 0 : 1;
}

async function makeUp(deployment: Deployment, { folder, events, partners, seed }: Flags): Promise<string[]> {
  const { runs, stories } = await payMadeUpMonth(deployment, { folder, events, partners, seed, say });
  showStories(stories);
  return runs;
}

/** Plays an example. The earnings of an industry must equal its golden results. */
async function replayExample(
  deployment: Deployment,
  { data, months = [], report }: Flags,
  example: Example | Industry,
): Promise<{ runs: string[]; isRight: boolean }> {
  const wished = months.length > 0 ? months : example.months;
  if (!('plans' in example)) {
    const replayed = await replay(deployment, { example, data: data ?? '', months: wished, say });
    await reportTo(report, replayed);
    return { runs: replayed.runs, isRight: true };
  }
  await takeInIndustry(deployment, example, say);
  const earned = await readEarned(deployment.db, example);
  showEarned(earned, say);
  const paid = await payMonths(deployment, example, wished, say);
  await reportTo(report, paid);
  return { runs: paid.runs, isRight: isGolden(earned) };
}

async function reportTo(folder: string | undefined, report: Report): Promise<void> {
  if (!folder) return;
  await writeReport(folder, report);
  say(`Wrote payouts.csv and outcomes.csv to ${resolve(folder)}.`);
}
