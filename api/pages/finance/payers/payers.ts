import { z } from 'zod';

import { setAlertAmounts } from '../../../../commands/payers/alert-amounts.ts';
import { listAlertAmounts } from '../../../../db/payers/alert-amounts.ts';
import {
  getPayer,
  listPayerGateways,
  listPayers,
  type Payer,
  type PayerGateway,
} from '../../../../db/payers/payers.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { GATEWAYS } from '../../../../domain/rails.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { mayOpen } from '../../../http/within-reach.ts';
import { facts, nextPage, table } from '../../components.ts';
import { field, type Filled, objectionsOf } from '../../form.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, type PageContext, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { GATEWAY, METHOD } from '../../words.ts';
import { inSettings } from '../people/settings.ts';
import { amountLines, readAmountLines } from './amounts.ts';

const PAYERS_A_PAGE = 100;
const ZONE = 'UTC';
export const payerPath = (code: string): string => `/settings/payers/${encodeURIComponent(code)}`;

/** The companies that pay, and the ways by which their money leaves. */
export function payerPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /settings/payers', async (c, visitor) => {
    const after = z.string().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const { items, nextCursor } = await readPage(PAYERS_A_PAGE, (count) => listPayers(db, after, count), {
      key: ({ code }) => code,
      item: (one) => one,
    });
    const main = html`<header class="title">
        ${inSettings()}
        <h1>Payers and gateways</h1>
        ${mayOpen(visitor, 'GET /settings/new-payer') && html`<div class="actions"><a class="button primary" href="/settings/new-payer">Add a payer…</a></div>`}
      </header>
      ${table({
        caption: 'Payers',
        columns: ['Payer', 'Code', 'Country', 'Currency'],
        rows: items.map(({ code, name, country, currency }) => ({
          head: html`<a href="${payerPath(code)}">${name}</a>`,
          cells: [code, country, currency],
        })),
        empty: 'There is no payer yet. An operator adds the first one here.',
      })}
      ${nextPage('/settings/payers', nextCursor)}
      <p><a href="/gateways">Look at the gateways, pause one, or resume it.</a></p>`;
    return sendPage(c, consolePage({ title: 'Payers and gateways', here: '/settings', main }, visitor));
  });

  pages.on('GET /settings/payers/{code}', async (c, visitor) => {
    const payer = await getPayer(db, c.req.param('code') ?? '');
    return sendPayer(c, visitor, payer, { values: { amounts: amountLines(await listAlertAmounts(db, payer.id)) } });
  });

  pages.on('POST /settings/payers/{code}/alert-amounts', async (c, visitor) => {
    const payer = await getPayer(db, c.req.param('code') ?? '');
    const values = await readForm(c, 'amounts');
    const amounts = readAmountLines(values.amounts);
    if (typeof amounts === 'string')
      return sendPayer(c, visitor, payer, { values, objections: [{ field: 'amounts', reason: amounts }] }, 400);
    await setAlertAmounts(db, payer.code, amounts, visitor.actorId);
    return c.redirect(payerPath(payer.code), 303);
  });

  async function sendPayer(c: PageContext, visitor: Visitor, payer: Payer, filled: Filled, status = 200) {
    const gateways = await listPayerGateways(db, payer.id);
    const main = payerPage(payer, gateways, filled, {
      mayChange: mayUse(visitor.roles, 'POST /settings/payers/{code}/alert-amounts'),
      maySetGateways: mayOpen(visitor, 'POST /settings/payers/{code}/gateways/{gateway}'),
    });
    return sendPage(c, consolePage({ title: payer.name, here: '/settings', main }, visitor), status);
  }
}

const payerPage = (
  payer: Payer,
  gateways: readonly PayerGateway[],
  filled: Filled,
  { mayChange, maySetGateways }: { mayChange: boolean; maySetGateways: boolean },
): Html =>
  html`<header class="title">
      ${inSettings(['Payers and gateways', '/settings/payers'])}
      <h1>${payer.name}</h1>
      <p>${payer.code} · ${payer.country} · ${payer.currency}</p>
      ${mayChange && html`<div class="actions"><a class="button" href="${payerPath(payer.code)}/change">Change…</a></div>`}
    </header>
    ${objectionsOf(['amounts'], filled.objections)}
    <div class="columns">
      <section>
        ${table({
          caption: 'How it pays',
          columns: ['Method', 'Gateway', 'Account', 'Since'],
          rows: gateways.map(({ method, gateway, accountRef, updatedAt }) => ({
            head: METHOD[method],
            cells: [GATEWAY[gateway], accountRef, formatInstant(updatedAt, ZONE)],
          })),
          empty: 'This payer pays by no method yet, so nobody gets money from it. An operator sets a gateway.',
        })}
        ${
          maySetGateways &&
          html`<p class="buttons">
            ${GATEWAYS.map((gateway) => html`<a class="button" href="${payerPath(payer.code)}/gateways/${gateway}">Set ${GATEWAY[gateway]}…</a>`)}
          </p>`
        }
      </section>
      <aside>
        <section class="card">
          <h2>Told at once</h2>
          <p>
            Finance is told at once of a failed payout or a break from these amounts on. The rest is in the daily
            digest.
          </p>
          ${
            mayChange
              ? html`<form method="post" action="${payerPath(payer.code)}/alert-amounts">
                  ${field(
                    {
                      name: 'amounts',
                      label: 'Amounts',
                      help: 'One a line, such as 1000.00 USD. A currency that is not named has none.',
                      long: true,
                    },
                    filled,
                  )}
                  <p class="buttons"><button class="primary">Save</button></p>
                </form>`
              : facts([['Amounts', filled.values['amounts'] || 'none']])
          }
        </section>
        ${
          payer.address &&
          html`<section class="card">
            <h2>Address</h2>
            <p>${Object.values(payer.address).join(', ')}</p>
          </section>`
        }
      </aside>
    </div>`;
