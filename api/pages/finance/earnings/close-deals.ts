import { z } from 'zod';

import { endDeal, extendDeal } from '../../../../commands/earnings/deals.ts';
import { winDeal } from '../../../../commands/earnings/won-deals.ts';
import { type Deal, getDeal } from '../../../../db/earnings/deals.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { DEAL_NEXT } from '../../../../domain/earnings/deal.ts';
import { refused } from '../../../../domain/errors.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { LocalDate, Reason } from '../../../http/schemas.ts';
import { wakeAccruals, wakeDecisionQuietly } from '../../../http/wake.ts';
import { WonBody } from '../../../routes/earnings/deals.ts';
import { askReason } from '../../components.ts';
import type { FieldWish, Filled } from '../../form.ts';
import { defineForm, formCard, readBody, readFields } from '../../form-page.ts';
import { type definePages, idOf, type PageContext, readReason } from '../../guard.ts';
import { html, type Html } from '../../html.ts';

const SALES: FieldWish = {
  name: 'sales',
  label: 'Sales that close it',
  help: 'One a line: the source and the id, such as shop order-1001. Sales whose attribute deal names it count by themselves.',
  long: true,
};

const Extension = z.object({ lastDay: LocalDate, reason: Reason });
const EXTENSION: readonly FieldWish[] = [
  { name: 'lastDay', label: 'Last protected day', type: 'date', required: true },
  { name: 'reason', label: 'Reason', required: true, lengthMax: 500 },
];

/** The buttons that close a protected deal, or ask to protect it for longer. */
export const dealActions = ({ id, status, customer }: Deal, { roles }: Visitor): Html | false =>
  DEAL_NEXT[status].includes('won') &&
  mayUse(roles, 'POST /deals/{id}/won') &&
  html`<a class="button" href="/deals/${id}/won">Won…</a>
    ${askReason({
      id: 'lost',
      action: `/deals/${id}/lost`,
      button: 'Lost',
      title: `Is ${customer} lost?`,
      about: 'The customer is free, and the partner reads your reason.',
    })}
    <a class="button" href="/deals/${id}/extension">Protect for longer…</a>`;

/** Staff close deals as won or lost, and ask to protect one for longer. */
export function closeDealPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const dealOf = (c: PageContext) => getDeal(db, idOf(c, 'deal'));
  const follow = (id: string) => wakeDecisionQuietly(deps, { subject: 'deal', id });
  const head = ({ id, customer }: Deal, title: string, about: string): Html =>
    html`<header class="title">
      <p><a href="/deals">Deals</a> / <a href="/deals/${id}">${customer}</a></p>
      <h1>${title}</h1>
      <p>${about}</p>
    </header>`;

  defineForm(pages, {
    show: 'GET /deals/{id}/won',
    send: 'POST /deals/{id}/won',
    names: ['sales'],
    async draw(c, filled) {
      const deal = await dealOf(c);
      const path = `/deals/${deal.id}`;
      const form = { action: `${path}/won`, fields: [SALES], button: 'Close as won', back: path };
      const about = `${deal.partner} earns what the plan pays for a deal that is won, over the sum of its sales.`;
      const main = html`${head(deal, `${deal.customer} is won`, about)} ${formCard(form, onLines(filled))}`;
      return { title: 'Close a deal', here: '/deals', main };
    },
    async act(c, values, { actorId }) {
      const { id } = await dealOf(c);
      const { sales } = readBody(WonBody, { sales: salesOf(values['sales'] ?? '') });
      const { shard } = await winDeal(db, id, sales, { by: actorId, nowMs: Date.now() });
      await wakeAccruals(deps, [shard]);
      await follow(id);
      return `/deals/${id}`;
    },
  });

  pages.on('POST /deals/{id}/lost', async (c, { actorId }) => {
    const { id } = await dealOf(c);
    const reason = await readReason(c);
    await endDeal(db, id, { status: 'lost', reason, by: actorId, nowMs: Date.now() });
    await follow(id);
    return c.redirect(`/deals/${id}`, 303);
  });

  defineForm(pages, {
    show: 'GET /deals/{id}/extension',
    send: 'POST /deals/{id}/extension',
    names: ['lastDay', 'reason'],
    async draw(c, filled) {
      const deal = await dealOf(c);
      const path = `/deals/${deal.id}`;
      const form = { action: `${path}/extension`, fields: EXTENSION, button: 'Ask', back: path };
      const about = 'The policy of the program decides about it.';
      const main = html`${head(deal, `Protect ${deal.customer} for longer`, about)} ${formCard(form, filled)}`;
      return { title: 'Protect a deal for longer', here: '/deals', main };
    },
    async act(c, values, { actorId }) {
      const { id, protectedUntil } = await dealOf(c);
      const { lastDay, reason } = readFields(Extension, values);
      const until = addDays(lastDay, 1);
      if (protectedUntil !== null && until <= protectedUntil)
        throw refused('lastDay', `is not after ${addDays(protectedUntil, -1)}, the last day until now`);
      await extendDeal(db, id, { until, reason }, { by: actorId, nowMs: Date.now() });
      await follow(id);
      return `/deals/${id}`;
    },
  });
}

/** Sales as lines of a source and an id. */
const salesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [source = '', ...id] = line.split(/\s+/);
      return { source, id: id.join(' ') };
    });

/** An objection to one sale names its line in the field. */
const onLines = ({ objections, ...filled }: Filled): Filled => ({
  ...filled,
  ...(objections && {
    objections: objections.map(({ field, reason }) => {
      const line = /^sales\[(\d+)\]/.exec(field)?.[1];
      return line === undefined
        ? { field, reason }
        : { field: 'sales', reason: `(line ${Number(line) + 1}) ${reason}` };
    }),
  }),
});
