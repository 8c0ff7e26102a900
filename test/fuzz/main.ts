import { join } from 'node:path';

import { withServer } from '../../bench/server.ts';
import { endFailed, endWrongUse, readCommand } from '../../command-line.ts';
import { type Role, ROLES } from '../../domain/people/role.ts';
import { startGuard } from '../../scripts/stack/guard.ts';
import { freePort } from '../../scripts/stack/ports.ts';
import { createDatabase } from '../../scripts/stack/postgres.ts';
import { startTemporal } from '../../scripts/stack/temporal.ts';
import { addPeople, startApi } from './api.ts';
import { FOLDER, fuzz, hasPython, installSchemathesis, type Wish } from './schemathesis.ts';

/** `npm run fuzz` sends made-up requests to every route of the API, in each role and without a key. */

const NOBODY = 'nobody';
const CALLERS = [NOBODY, ...ROLES] as const;
type Caller = Role | typeof NOBODY;

const USAGE = `npm run fuzz -- [--examples 3] [--seed 1] [--role operator] [--path REGEX] [--phases examples,fuzzing]
  --examples  the number of requests that are made up for each route
  --seed      the seed of these requests
  --role      one caller instead of all: ${CALLERS.join(', ')}
  --path      only the routes whose path fits this regular expression
  --phases    the kinds of requests: examples, coverage (the bounds of each field), fuzzing, stateful`;

function readFlags(): { wish: Wish; callers: readonly Caller[] } {
  const { values } = readCommand(USAGE, {
    examples: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    role: { type: 'string', default: '' },
    path: { type: 'string', default: '' },
    phases: { type: 'string', default: 'examples,fuzzing' },
  });
  for (const flag of ['examples', 'seed'] as const)
    if (!/^[1-9]\d{0,5}$/.test(values[flag]))
      endWrongUse(`--${flag} is "${values[flag]}", which is not a number from 1. Nothing was started.`, USAGE);
  const callers = CALLERS.filter((caller) => !values.role || caller === values.role);
  if (callers.length === 0)
    endWrongUse(`--role is "${values.role}", which is not a caller. Nothing was started.`, USAGE);
  const { path, phases } = values;
  return { wish: { examples: Number(values.examples), seed: Number(values.seed), path, phases }, callers };
}

/** Returns whether every answer to every caller was as the document says. Each caller gets a copy of one database. */
async function fuzzAll(callers: readonly Caller[], wish: Wish): Promise<boolean> {
  const goods: boolean[] = [];
  await withServer('fuzz', async ({ folder, newDatabase }) => {
    const guard = startGuard(folder);
    const [databaseUrl, temporal] = await Promise.all([newDatabase(), startOwnTemporal(folder)]);
    try {
      const keys = await addPeople(databaseUrl);
      const copies = [];
      for (const caller of callers) copies.push({ caller, databaseUrl: await copyDatabase(databaseUrl, caller) });
      const asked = copies.map(({ caller, databaseUrl: copy }) =>
        fuzzOne(
          caller,
          {
            databaseUrl: copy,
            temporalAddress: temporal.address,
            key: caller === NOBODY ? undefined : keys.get(caller),
          },
          wish,
        ),
      );
      goods.push(...(await Promise.all(asked)));
    } finally {
      await temporal.stop();
      guard.release();
    }
  });
  return goods.every(Boolean);
}

const startOwnTemporal = async (folder: string) => startTemporal({ folder, port: await freePort() });

async function copyDatabase(url: string, name: string): Promise<string> {
  await createDatabase(
    new URL('/postgres', url).href,
    name,
    `TEMPLATE ${new URL(url).pathname.slice(1)} STRATEGY FILE_COPY`,
  );
  return new URL(`/${name}`, url).href;
}

async function fuzzOne(
  caller: Caller,
  { key, ...servers }: { databaseUrl: string; temporalAddress: string; key: string | undefined },
  wish: Wish,
): Promise<boolean> {
  const logFile = join(FOLDER, `${caller}.log`);
  const api = await startApi({ ...servers, logFile });
  try {
    const { isGood, report, summary } = await fuzz({ url: api.url, key }, wish, caller);
    console.log(`${isGood ? 'ok    ' : 'FAULTS'}  ${caller}`);
    for (const line of summary) console.log(`        ${line}`);
    if (!isGood) console.log(`        The requests are in ${report}, and the stacks of failed ones in ${logFile}.`);
    return isGood;
  } finally {
    await api.stop();
  }
}

const { wish, callers } = readFlags();
if (!(await hasPython())) {
  console.error(
    'SKIPPED: nothing was sent to the API. The fuzzer needs Python 3.10 or later as `python3` on the PATH.',
  );
} else {
  try {
    await installSchemathesis();
    process.exitCode = (await fuzzAll(callers, wish)) ? 0 : 1;
  } catch (error) {
    endFailed(error);
  }
}
