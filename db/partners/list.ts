import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';

import { PARTNER_KINDS } from '../../domain/partners/kind.ts';
import type { Database } from '../database.ts';

/** `payable` if nothing about the partner prevents payments: no hold, and payout details that can be used now. */
export const PARTNER_STATES = ['payable', 'held', 'no_details'] as const;
export type PartnerState = (typeof PARTNER_STATES)[number];

export type PartnerFilter = {
  /** The beginning of a code, a part of a name, an e-mail address, or the last four characters of an account. */
  text?: string | undefined;
  /** The code of a program in which the partner is or was. */
  program?: string | undefined;
  state?: PartnerState | undefined;
};

const ListedRow = z.strictObject({
  id: z.bigint(),
  code: z.string(),
  name: z.string(),
  kind: z.enum(PARTNER_KINDS),
  country: z.string(),
  onHoldReason: z.string().nullable(),
  isMerged: z.boolean(),
});
export type ListedPartner = z.infer<typeof ListedRow>;

/** A text in which no character stands for others. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** The payout details of a partner that were not withdrawn. A condition `then` chooses among them. */
const details = (then: FragmentSqlToken) => sql.fragment`
  select from instrument_version version
  where version.partner_id = partner.id ${then}
    and not exists (select from instrument_withdrawal gone where gone.instrument_id = version.id)`;

/** Whether money can go to a partner. It is asked for each partner that is looked at, and never for all at once. */
const standing = sql.fragment`
  select partner.on_hold_reason is null and partner.merged_into is null and exists (${details(sql.fragment`
    and version.usable_from <= now()
    and (not version.needs_call or exists (
      select from details_call made where made.instrument_id = version.id and made.is_confirmed))
    and not exists (
      select from instrument_failure failed where failed.instrument_id = version.id and failed.cleared_at is null)`)}) as is_payable,
    exists (${details(sql.fragment``)}) as has_details
  offset 0`;

const CONDITIONS: Record<PartnerState, FragmentSqlToken> = {
  payable: sql.fragment`and standing.is_payable`,
  held: sql.fragment`and not standing.is_payable`,
  no_details: sql.fragment`and not standing.has_details`,
};

const matches = ({ text = '', program, state }: PartnerFilter) => sql.fragment`
  (${text} = '' or partner.code like ${`${literal(text)}%`} or strpos(lower(partner.name), ${text.toLowerCase()}) > 0
    or lower(partner.email) = ${text.toLowerCase()}
    or exists (${details(sql.fragment`and version.last4 = ${text}`)}))
  and (${program ?? null}::text is null or exists (
    select from agreement_term term join program on program.id = term.program_id
    where term.partner_id = partner.id and program.code = ${program ?? null}))
  ${state === undefined ? sql.fragment`` : CONDITIONS[state]}`;

/** The partners that a filter finds, in the order of their codes, after a code. */
export const listPartnersBy = (
  db: Database,
  filter: PartnerFilter,
  after: string | null,
  limit: number,
): Promise<readonly ListedPartner[]> =>
  db.any(sql.type(ListedRow)`
    select id, code, name, kind, country, on_hold_reason as "onHoldReason", merged_into is not null as "isMerged"
    from partner cross join lateral (${standing}) standing
    where (${after}::text is null or code > ${after}) and ${matches(filter)}
    order by code limit ${limit}`);
