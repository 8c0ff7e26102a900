import { z } from 'zod';

import { type FailureGroup, listFailureGroups } from '../../../../db/payouts/failures.ts';
import { money } from '../../../../domain/money.ts';
import { adviceOn } from '../../../../domain/payouts/advice.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { table, tag } from '../../components.ts';
import { filters } from '../../form.ts';
import { formatInstant, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY, PAYOUT_STATUS } from '../../words.ts';
import { workTabs } from '../tasks/tabs.ts';

const WITHIN = ['30', '90', '365'] as const;
const Query = z.object({ days: z.enum(WITHIN).default('90').catch('90') });
const MUST_ACT = { partner: 'the partner', us: 'we', provider: 'the provider' } as const;

const row = ({ gateway, status, reason, currency, count, minor, since }: FailureGroup) => {
  const { who, text } = adviceOn(gateway, status, reason);
  const query = new URLSearchParams({ status, gateway, ...(reason !== null && { reason }) }).toString();
  return {
    head: html`${GATEWAY[gateway]} ${tag(PAYOUT_STATUS[status])} <small>${reason ?? 'no reason was given'}</small>`,
    cells: [
      MUST_ACT[who],
      text,
      html`<a href="/payouts?${query}">${count}</a>`,
      sayAmount(money(minor, currency)),
      html`<span class="day">${formatInstant(since, 'UTC')}</span>`,
    ],
  };
};

/** Payouts that failed and were not made good, by provider, reason and fix. */
export function failurePages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /failures', async (c, visitor) => {
    const { days } = Query.parse(c.req.query());
    const groups = await listFailureGroups(db, Number(days));
    const main = html`<header class="title">
        <h1>Failed payouts</h1>
        <p>
          These partners do not have their money, and nobody paid them since. The next run pays it, once the cause is
          gone. A preparer may <a href="/payouts?status=failed">replace a payout</a> before that.
        </p>
      </header>
      ${workTabs('/failures', visitor)}
      ${filters(
        '/failures',
        [
          {
            name: 'days',
            label: 'Failed within',
            choices: WITHIN.map((value) => ({ value, label: `${value} days` })),
          },
        ],
        { values: { days } },
      )}
      ${table({
        caption: 'By provider and reason',
        columns: [
          'Provider and reason',
          'Who must act',
          'What the partner is told',
          { label: 'Payouts', number: true },
          { label: 'Amount', number: true },
          'Since',
        ],
        rows: groups.map(row),
        empty: `No payout of the last ${days} days failed or came back without being paid again.`,
      })}`;
    return sendPage(c, consolePage({ title: 'Failed payouts', here: '/tasks', main }, visitor));
  });
}
