import { formatDecimal } from '../../domain/money.ts';
import type { RunDetail } from '../api-types/api.d.ts';
import { checkInvariants } from '../check-invariants.ts';
import type { Deployment } from './deployment.ts';
import { readRun } from './pay.ts';
import { bookUrls, compareBooks, type Comparison, daysSince, type Reconciled, reconcile } from './proof.ts';
import type { Story } from './stories.ts';
import { letPartnerIn, signInLines } from './links.ts';
import { formatTable } from './table.ts';

/** The proof that a demo succeeded: no violation, difference or break may remain. */
export type Proof = {
  reconciled: readonly Reconciled[];
  comparisons: readonly Comparison[];
  broken: Awaited<ReturnType<typeof checkInvariants>>;
};

/** Reconciles the days since an instant, checks every invariant, and compares the ledger with the providers' books. */
export async function prove(deployment: Deployment, sinceMs: number): Promise<Proof> {
  const reconciled = await reconcile(deployment, daysSince(sinceMs));
  const broken = await checkInvariants(deployment.db, { books: bookUrls(deployment) });
  return { reconciled, broken, comparisons: await compareBooks(deployment) };
}

export const isProved = ({ reconciled, comparisons, broken }: Proof): boolean =>
  broken.length === 0 &&
  comparisons.length > 0 &&
  comparisons.every(({ difference }) => difference.minor === 0n) &&
  reconciled.every(({ breaks }) => breaks === 0);

const CULPRITS_SHOWN = 5;

/** Shows who was paid and who was not, the money by method and state, and the proof. */
export async function showSummary(deployment: Deployment, runIds: readonly string[], proof: Proof): Promise<void> {
  const runs = await Promise.all(runIds.map((id) => readRun(deployment.people.auditor.api, id)));
  show(
    'Partners by outcome',
    ['run', 'period end', 'outcome', 'currency', 'partners', 'payable'],
    runs.flatMap(outcomeRows),
  );
  show('Money', ['run', 'period end', 'method', 'currency', 'state', 'payouts', 'amount'], runs.flatMap(moneyRows));
  show(
    "Money that left our balance: our ledger against the providers' books",
    ['books', 'currency', 'ledger', 'provider', 'difference'],
    proof.comparisons.map(comparisonRow),
  );
  show('Reconciliation', ['gateway', 'statement lines', 'breaks'], proof.reconciled.map(reconciledRow));
  console.log(`\nInvariants: ${proof.broken.length === 0 ? 'all hold' : `${proof.broken.length} broken`}`);
  for (const { rule, culprits } of proof.broken)
    console.log(`  ${rule}: ${culprits.slice(0, CULPRITS_SHOWN).join('; ')}`);
}

const show = (title: string, header: readonly string[], rows: readonly (readonly string[])[]): void =>
  console.log(`\n${title}\n${formatTable(header, rows)}`);

const outcomeRows = ({ schedule, periodEnd, outcomes }: RunDetail): string[][] =>
  outcomes.map(({ outcome, currency, count, payable }) => [
    schedule,
    periodEnd,
    outcome,
    currency,
    String(count),
    payable,
  ]);

const moneyRows = ({ schedule, periodEnd, totals }: RunDetail): string[][] =>
  totals.map(({ method, currency, status, count, net }) => [
    schedule,
    periodEnd,
    method,
    currency,
    status,
    String(count),
    net,
  ]);

const comparisonRow = ({ keeper, ledger, books, difference }: Comparison): string[] => [
  keeper,
  ledger.currency,
  ...[ledger, books, difference].map(formatDecimal),
];

const reconciledRow = ({ gateway, lines, breaks }: Reconciled): string[] => [gateway, String(lines), String(breaks)];

export const showStories = (stories: readonly Story[]): void =>
  show('Worth a look', ['partner', 'what happened', 'amount', 'now'], stories);

/** Prints the addresses, and the keys to use there. */
export async function showAddresses(deployment: Deployment): Promise<void> {
  const { db, url, stack, people } = deployment;
  const local = (port: number) => `http://127.0.0.1:${port}`;
  console.log('\nTo try it:');
  console.log(`  The pages      ${url}, with one of these links into the console or the portal. Each works once:`);
  for (const line of await signInLines(db, stack.environment, await letPartnerIn(deployment))) console.log(line);
  console.log(`  API reference  ${url}/docs`);
  console.log(`  Temporal UI    ${local(stack.ports.temporalUi)}`);
  console.log(`  Mail catcher   ${local(stack.ports.mail)}`);
  for (const { code, role, key } of Object.values(people)) console.log(`  Key of ${code}, ${role}: ${key}`);
  console.log(`  curl -H "authorization: Bearer ${people.auditor.key}" ${url}/v1/runs`);
}
