import { type DatabasePool, sql } from 'slonik';
import { z } from 'zod';

import { PAGE_ROUTES, type PageRoute } from '../api/http/page-permissions.ts';
import { OWN_PARTNER } from './seed-pages.ts';

/** Streams that do not end, and pages of ladders, budgets, units and checks, which these books do not have. */
const NOT_MEASURED: readonly PageRoute[] = [
  'GET /payouts/{id}/events',
  'GET /runs/{id}/changes',
  'GET /back-tests/{id}/changes',
  'GET /programs/{code}/standing',
  'GET /programs/{code}/budgets/{budget}',
  'GET /programs/{code}/budgets/{budget}/amount',
  'GET /programs/{code}/units/{unit}',
  'GET /programs/{code}/units/{unit}/rate',
  'GET /tasks/{id}/checks.pdf',
];

/** A long period for reports, and what somebody looks for. */
const FILTERS: Readonly<Record<string, string>> = {
  '/search': '?q=p12',
  '/reports': '?from=2025-01-01',
};
const filterOf = (path: string): string => FILTERS[path.startsWith('/reports') ? '/reports' : path] ?? '';

const own = sql.fragment`(select id from partner where code = ${OWN_PARTNER})`;
const Text = z.object({ id: z.string() });

/** A row for each place of an address, by the word before it. */
const rowsOf = (paidId: string) => ({
  portal: sql.fragment`select ${OWN_PARTNER} as id`,
  partners: sql.fragment`select ${OWN_PARTNER} as id`,
  programs: sql.fragment`select 'bench' as id`,
  plans: sql.fragment`select 'bench' as id`,
  agreements: sql.fragment`select 'bench' as id`,
  payers: sql.fragment`select 'bench' as id`,
  gateways: sql.fragment`select 'wise' as id`,
  schedules: sql.fragment`select 'bench' as id`,
  policies: sql.fragment`select 'bench/deal' as id`,
  versions: sql.fragment`select '1' as id`,
  reconciliation: sql.fragment`select 'wise' as id`,
  people: sql.fragment`select 'approver' as id`,
  accounts: sql.fragment`select 'cash:wise:USD' as id`,
  events: sql.fragment`select source || '/' || source_id as id from event where partner_id = ${own}`,
  runs: sql.fragment`select ${paidId} as id`,
  approval: sql.fragment`select id from payout_run where status = 'review'`,
  rejection: sql.fragment`select id from payout_run where status = 'review'`,
  payouts: sql.fragment`select id from payout where run_id = ${paidId} and partner_id = ${own}`,
  imports: sql.fragment`select id from import`,
  corrections: sql.fragment`select id from correction where status = 'proposed'`,
  conversions: sql.fragment`select id from conversion where status = 'proposed'`,
  're-ratings': sql.fragment`select id from re_rating`,
  'back-tests': sql.fragment`select id from back_test`,
  deals: sql.fragment`select id from deal where partner_id = ${own}`,
  requests: sql.fragment`select id from partner_request where partner_id = ${own}`,
  claims: sql.fragment`select id from fund_claim where partner_id = ${own}`,
  questions: sql.fragment`select id from question where partner_id = ${own}`,
  tasks: sql.fragment`select id from task where kind = 'outcome_unknown' and closed_at is null`,
  statements: sql.fragment`select id from recon_report order by line_count desc`,
  journals: sql.fragment`select id from ledger_journal`,
  audit: sql.fragment`select seq::text as id from audit_log`,
  audits: sql.fragment`select id from audit`,
  passkeys: sql.fragment`select passkey.id from passkey join actor on actor.id = actor_id where actor.code = 'staff'`,
  users: sql.fragment`select id from role_grant where partner_id = ${own} and access = 'viewer'`,
  details: sql.fragment`select id from instrument_version where partner_id = ${own}`,
  calls: sql.fragment`select id from details_call`,
  webhooks: sql.fragment`select id from webhook_endpoint`,
  deliveries: sql.fragment`select event_id as id from webhook_delivery`,
  'lost-passkeys': sql.fragment`select id from passkey_loss`,
  roles: sql.fragment`select id from role_grant where role = 'approver'`,
});

/** An address of every page that only reads, with ids that exist. */
export async function addressesOf(db: DatabasePool, paidId: string): Promise<ReadonlyMap<PageRoute, string>> {
  const found = new Map<string, string>();
  for (const [word, row] of Object.entries(rowsOf(paidId)))
    found.set(word, await db.oneFirst(sql.type(Text)`select id::text from (${row} limit 1) found`));
  const addresses = new Map<PageRoute, string>();
  for (const route of PAGE_ROUTES.filter((one) => one.startsWith('GET ') && !NOT_MEASURED.includes(one))) {
    const step = /\/runs\/\{id\}\/(\w+)$/.exec(route)?.[1] ?? '';
    const path = route
      .slice('GET '.length)
      .replaceAll(/([\w-]+)\/\{\w+\}(\/\{\w+\})?/g, (all: string, word: string) => {
        const id = (word === 'runs' ? found.get(step) : undefined) ?? found.get(word);
        return id === undefined ? all : `${word}/${id}`;
      });
    if (path.includes('{')) console.log(`${route} is not measured. Name a row for it in bench/page-addresses.ts.`);
    else addresses.set(route, path + filterOf(path));
  }
  return addresses;
}
