import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { stringify } from 'csv-stringify';

import type { ApiClient } from '../client.ts';

export type PayoutLine = {
  month: string;
  seller_id: string;
  method: string;
  currency: string;
  amount: string;
  state: string;
};
export type OutcomeLine = { month: string; seller_id: string; outcome: string; carried: string };
export type Report = { payouts: PayoutLine[]; outcomes: OutcomeLine[] };

/** The payouts of a month's run, and its outcome for every partner. An amount that was not paid is carried to the next run. */
export async function readReport(api: ApiClient, month: string, runId: string): Promise<Report> {
  const [payouts, outcomes] = await Promise.all([
    api.all('/v1/runs/{id}/payouts', { params: { path: { id: runId } } }),
    api.all('/v1/runs/{id}/outcomes', { params: { path: { id: runId } } }),
  ]);
  return {
    payouts: payouts.map(({ partner, method, currency, net, status }) => ({
      month,
      seller_id: partner,
      method,
      currency,
      amount: net,
      state: status,
    })),
    outcomes: outcomes.map(({ partner, outcome, payable }) => ({
      month,
      seller_id: partner,
      outcome,
      carried: outcome === 'paid' ? NOTHING : payable,
    })),
  };
}

const NOTHING = '0.00';

const PAYOUT_COLUMNS = ['month', 'seller_id', 'method', 'currency', 'amount', 'state'];
const OUTCOME_COLUMNS = ['month', 'seller_id', 'outcome', 'carried'];

/** Writes `payouts.csv` and `outcomes.csv`, sorted by month and seller. */
export async function writeReport(folder: string, { payouts, outcomes }: Report): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeCsv(join(folder, 'payouts.csv'), PAYOUT_COLUMNS, payouts);
  await writeCsv(join(folder, 'outcomes.csv'), OUTCOME_COLUMNS, outcomes);
}

const writeCsv = (
  file: string,
  columns: string[],
  lines: readonly { month: string; seller_id: string }[],
): Promise<void> =>
  pipeline(
    Readable.from(lines.toSorted(byMonthAndSeller)),
    stringify({ header: true, columns }),
    createWriteStream(file),
  );

const keyOf = ({ month, seller_id }: { month: string; seller_id: string }): string => `${month} ${seller_id}`;

const byMonthAndSeller = (a: { month: string; seller_id: string }, b: { month: string; seller_id: string }): number =>
  keyOf(a) < keyOf(b) ? -1 : 1;
