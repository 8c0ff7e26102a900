import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { GATEWAYS } from '../../domain/rails.ts';
import { readResults, readTrials, type Result, type Trial } from '../chaos/results.ts';
import { PARTIES } from '../gateways/parties.ts';
import { FAULT_CASES, faultsOf } from '../gateways/faults.ts';
import { type Kind, KINDS_FILE, readKinds } from './kinds.ts';
import { CHAOS_ROUNDS, RUNS, SEQUENCES, STEPS_MAX, STORIES } from '../fixtures/property-runs.ts';

/** `npm run reliability` writes docs/reliability.md from the measured results. With `--check` it only verifies that the file is up to date. */

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PAGE = 'docs/reliability.md';
const CHAOS = 'docs/reliability/chaos.jsonl';
const MUTATIONS = 'docs/reliability/mutations.json';

type Row = readonly (string | number)[];

const table = (head: Row, rows: readonly Row[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const cell = (value: string | number): string =>
  typeof value === 'number' ? value.toLocaleString('en-US') : value.replaceAll('|', String.raw`\|`);

/** Sums records of counts, by name. */
function addUp(records: readonly Record<string, number>[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const record of records)
    for (const [name, count] of Object.entries(record)) sums.set(name, (sums.get(name) ?? 0) + count);
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const total = (counts: readonly [string, number][]): number => counts.reduce((sum, [, count]) => sum + count, 0);
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Joins consecutive seeds into ranges. */
function rangesOf(seeds: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const seed of seeds.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && seed <= last[1] + 1) last[1] = seed;
    else ranges.push([seed, seed]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ');
}

const COUNTED = (results: readonly Result[]): readonly Row[] => {
  const bad = results.filter(({ violations }) => violations.length > 0);
  const open = results.map(({ openWhenHealed }) => openWhenHealed);
  const drained = results.map(({ ms }) => ms['draining'] ?? 0);
  const whole = results.map(({ ms }) => sumOf(Object.values(ms)));
  return [
    ['rounds', results.length],
    ['seeds', rangesOf(results.map(({ seed }) => seed))],
    ['payouts', sumOf(results.map(({ payouts }) => payouts))],
    ['processes killed by SIGKILL', total(addUp(results.map(({ kills }) => kills)))],
    ['injected faults and webhook changes', total(addUp(results.map(({ faults }) => faults)))],
    ['refunds, holds and other troubles', total(addUp(results.map(({ troubles }) => troubles)))],
    [
      'unfinished payouts of a round when everything was repaired: median, least',
      `${middle(open)}, ${Math.min(...open)}`,
    ],
    [
      'time from then until the last payout ended: median, longest',
      `${seconds(middle(drained))}, ${seconds(Math.max(...drained))}`,
    ],
    ['a whole round: median', seconds(middle(whole))],
    ['**rounds with a violation**', `**${bad.length}**`],
  ];
};

const COUNTS = ['what', 'how often'] as const;

const seedsOf = (results: readonly Result[]): number[] => results.map(({ seed }) => seed);
const firstOf = (results: readonly Result[]): number => Math.min(...seedsOf(results));
/** The number of seeds from the first to the last, including those that were never played to their end. */
const spanOf = (results: readonly Result[]): number => Math.max(...seedsOf(results)) - firstOf(results) + 1;

/** The commands that play these rounds again: one for each range of seeds with the same settings. A round depends on its seed alone. */
function commandsOf(results: readonly Result[]): string {
  const ranges: Result[][] = [];
  for (const result of results.toSorted((one, other) => one.seed - other.seed)) {
    const range = ranges.at(-1);
    if (range && settingsOf(range[0]) === settingsOf(result)) range.push(result);
    else ranges.push([result]);
  }
  return ranges
    .map((range) => `npm run chaos -- --rounds ${spanOf(range)} --seed ${firstOf(range)} ${settingsOf(range[0])}`)
    .map((command) => `    ${command} --results ${CHAOS}`)
    .join('\n');
}

const settingsOf = (result: Result | undefined): string =>
  result
    ? `--payouts ${result.payouts} --seconds ${result.disruptedMs / 1000} --fresh-every ${result.roundsPerDeployment}`
    : '';

function inAll(results: readonly Result[]): string {
  const kills = total(addUp(results.map((result) => result.kills)));
  const bad = results.filter(({ violations }) => violations.length > 0).length;
  return `Total: ${cell(results.length)} rounds, ${cell(sumOf(results.map(({ payouts }) => payouts)))} payouts, ${cell(kills)} kills: **${bad} rounds with a violation**. The results by tested commit:`;
}

function chaosOf(commit: string, results: readonly Result[]): string {
  const kills = addUp(results.map((result) => result.kills));
  const ends = addUp(results.map(({ ownEnds }) => ownEnds));
  const violations = results.flatMap(({ seed, violations: all }) => all.map((line) => `- seed ${seed}: ${line}`));
  const troubles = addUp(results.map((result) => result.troubles));
  const dates = [...new Set(results.map(({ date }) => date))].toSorted();
  return [
    `### Commit ${commit}, ${dates.join(', ')}`,
    commandsOf(results),
    table(COUNTS, COUNTED(results)),
    table(
      ['process', 'killed', 'exited by itself because a server that it needs was down'],
      kills.map(([name, count]) => [name, count, new Map(ends).get(name) ?? 0]),
    ),
    table(['fault', 'how often'], addUp(results.map(({ faults }) => faults))),
    ...(troubles.length > 0 ? [table(['trouble', 'how often'], troubles)] : []),
    ...(violations.length > 0 ? [violations.join('\n')] : []),
  ].join('\n\n');
}

const mutationsOf = (trials: readonly Trial[]): string =>
  table(
    ['without', 'result of the checker', 'first violation', 'commit, day'],
    trials.map(({ without, rounds, violation, isControl, commit, date }) => [
      isControl ? `(control) ${without}` : without,
      `${violation ? 'red in round' : 'green for rounds 1 to'} ${rounds}`,
      violation ?? '–',
      `${commit ?? 'unknown'}, ${date}`,
    ]),
  );

const contract = (): string =>
  table(
    ['gateway', 'calls', 'calls × faults'],
    GATEWAYS.map((name) => {
      const { calls } = PARTIES[name];
      return [name, listOf(calls), calls.length * faultsOf(name, 'unclear').length];
    }),
  );

const matrix = (): string =>
  table(
    ['fault', 'what happens', 'how it must end', ...GATEWAYS],
    FAULT_CASES.map(({ fault, what, ends, gateways }) => [
      `\`${fault}\``,
      what,
      ends,
      ...GATEWAYS.map((name) => (gateways.includes(name) ? 'tested' : '–')),
    ]),
  );

const listOf = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

const kindOf = ({ kind, name, faults }: Kind): string =>
  [
    `### ${kind}. ${name}`,
    table(
      ['', 'what was wrong', 'what is right', 'the test that keeps it right'],
      faults.map(({ id, was, is, test: [file, title] }) => [id, was, is, `\`${file}\`: ${title}`]),
    ),
  ].join('\n\n');

const page = (results: readonly Result[], trials: readonly Trial[], kinds: readonly Kind[]): string => `# Reliability

This page shows how we tried to make Bursar pay a payout twice, lose it, or pay it without an explanation, how often we
tried, and with what result. \`npm run reliability\` writes this page from recorded results and from the tests' own
tables. Each figure comes with the command that measures it again.

## Servers are killed and providers stumble

PostgreSQL, Temporal, the sandbox, the API and two workers run as separate processes. Every 0.2 to 3 seconds the test
kills one of them by SIGKILL, chosen by the seed, and injects a fault into a provider's responses. Meanwhile sales are
refunded, a minority of payees is put on hold or changes its details, and an approver loses the role. Then everything is
repaired, and a last run pays the rest. Every payout must settle, or leave its run with a named outcome because of such
a trouble. Every invariant in \`db/invariants/\` must hold over the whole database. The providers' own books share no
code with the product. They must show the amount of each payee without trouble exactly once, and for each other payee
what was earned, less the refunds and what is still owed.
[Contributing](../CONTRIBUTING.md#chaos) lists the settings that are faster in this test than in production.

${inAll(results)}

${[...Map.groupBy(results, ({ commit }) => commit ?? 'unknown')].map(([commit, of]) => chaosOf(commit, of)).join('\n\n')}

## The checker can fail

\`npm run chaos -- --mutations --results ${MUTATIONS}\`

The test removes the protections against paying twice or paying too much, one at a time, in a copy of the source or in the database
(\`test/chaos/mutations.ts\`). Under the same faults the checker must turn red. It must stay green if nothing was
removed.

${mutationsOf(trials)}

## Faults that were found, by kind

An adversary, a newcomer, and readers of the providers' documents and of public reports found these faults. Each one was
reproduced before it was fixed. A test names each row's test and fails if it is gone (\`test/docs/kinds.test.ts\`). The rows
are in \`${KINDS_FILE}\`.

${kinds.map(kindOf).join('\n\n')}

## Every call of every gateway

\`npm test -- test/gateways\`

Every fault that leaves the outcome unclear strikes each call once, over real HTTP. The outcome is then unknown, and
resolving it pays once.

${contract()}

## Every fault at every gateway

\`npm test -- test/gateways test/activities/payouts/unclear.test.ts test/workflows/inbox.test.ts\`

After each fault the providers' own books show at most one movement for each payout, and the ledger equals them. A dash
means that the fault cannot happen there.

${matrix()}

## Rules and sequences

| check | in \`npm test\` | command |
| --- | --- | --- |
| random cases for each property of money, states, schedules and the content hash | ${cell(RUNS.numRuns)} | \`npm test -- test/domain\` |
| sequences of up to ${STEPS_MAX} steps, compared with a small model and the providers' books after each step | ${SEQUENCES} | \`npm test -- test/model\` |
| stories of sales, refunds, payments and corrections that the database is told in any order | ${STORIES} | \`npm run stories\` tells 1,000 |
| chaos rounds | ${CHAOS_ROUNDS} | \`npm test -- test/chaos\` |
| recorded histories of workflows that must replay | each | \`npm test -- test/workflows/replay.test.ts\` |
`;

/** Formats the page with oxfmt, so that both checks agree. */
function formatted(text: string): string {
  const { status, stdout, stderr } = spawnSync(at('node_modules/.bin/oxfmt'), ['--stdin-filepath', PAGE], {
    input: text,
    encoding: 'utf8',
    cwd: at('.'),
  });
  if (status !== 0) throw new Error(`oxfmt did not format ${PAGE}: ${stderr}. Nothing was written.`);
  return stdout;
}

const current = formatted(page(await readResults(at(CHAOS)), await readTrials(at(MUTATIONS)), await readKinds()));
if (process.argv.includes('--check')) {
  const written = await readFile(at(PAGE), 'utf8').catch(() => '');
  if (written !== current) {
    console.error(`${PAGE} differs from the results: run \`npm run reliability\` and commit it.`);
    process.exitCode = 1;
  }
} else await writeFile(at(PAGE), current);
