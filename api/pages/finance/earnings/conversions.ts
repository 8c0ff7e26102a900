import { decideConversion } from '../../../../commands/earnings/conversions.ts';
import type { Database } from '../../../../db/database.ts';
import {
  type Conversion,
  getConversion,
  lockConversion,
  readConversionDecider,
} from '../../../../db/earnings/conversions.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { whyNotDecideConversion } from '../../../../domain/earnings/points-conversion.ts';
import { money } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { askReason, facts, tag } from '../../components.ts';
import { PROPOSAL_STATUS } from '../../earning-words.ts';
import { formatInstant, sayAmount } from '../../format.ts';
import { type definePages, idOf, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';

const pathOf = (id: string): string => `/earnings/conversions/${id}`;

/** A conversion of a partner's points to money. Another person than its proposer decides it. */
export function conversionPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);
  pages.on('GET /earnings/conversions/{id}', async (c, visitor) => {
    const conversion = await getConversion(db, idOf(c, 'conversion'));
    const decider = await readConversionDecider(db, conversion.id, visitor.actorId);
    const refusal = whyNotDecideConversion(conversion, { id: visitor.actorId, ...decider }, 'confirm');
    const { partner, status, pointsMinor, unit, minor, currency, askedMinor, reason } = conversion;
    const title = `${sayAmount(money(pointsMinor, unit))} become ${sayAmount(money(minor, currency))}`;
    const main = html`<header class="title">
        <p><a href="/partners/${encodeURIComponent(partner)}">${partner}</a></p>
        <h1>${title} ${tag(PROPOSAL_STATUS[status])}</h1>
        ${reason && html`<p>${reason}</p>`} ${status === 'proposed' && decision(conversion, visitor, refusal?.message)}
      </header>
      <div class="columns">
        <section class="card">
          <h2>The conversion</h2>
          ${facts([...amountsOf(conversion), ['Asked for', sayAmount(money(askedMinor, unit))]])}
        </section>
        <aside>${story(conversion)}</aside>
      </div>`;
    return sendPage(c, consolePage({ title, here: '/earnings/events', main }, visitor));
  });

  /** A person signs the amounts that they saw. */
  const formFor = (id: string) => ({
    subject: `conversion/${id}`,
    here: '/earnings/events' as const,
    back: pathOf(id),
    read: (tx: Database) => lockConversion(tx, id),
    content: ({ partner, unit, pointsMinor, currency, minor, rate, status }: Conversion) => ({
      partner,
      points: [String(pointsMinor), unit],
      money: [String(minor), currency],
      rate,
      status,
    }),
  });

  pages.on('POST /earnings/conversions/{id}/confirm', async (c, visitor) => {
    const id = idOf(c, 'conversion');
    return sign(c, visitor, {
      ...formFor(id),
      act: 'confirm conversion',
      typed: {},
      perform: (tx, signatureId) =>
        decideConversion(tx, { id, actorId: visitor.actorId, decision: 'confirm', note: null, signatureId }),
      title: 'Confirm this conversion?',
      about: (seen) =>
        html`${facts(amountsOf(seen))}
          <p>It is in the books at once. The points are gone.</p>`,
      button: 'Confirm and sign',
      answer: () => c.redirect(pathOf(id), 303),
    });
  });

  pages.on('POST /earnings/conversions/{id}/refuse', async (c, visitor) => {
    const id = idOf(c, 'conversion');
    const reason = await readReason(c);
    return sign(c, visitor, {
      ...formFor(id),
      act: 'refuse conversion',
      typed: { reason },
      perform: (tx, signatureId) =>
        decideConversion(tx, { id, actorId: visitor.actorId, decision: 'refuse', note: reason, signatureId }),
      title: 'Refuse this conversion?',
      about: (seen) =>
        html`${facts(amountsOf(seen))}
          <p>The points stay points. You said: ${reason}</p>`,
      button: 'Refuse and sign',
      answer: () => c.redirect(pathOf(id), 303),
    });
  });
}

const amountsOf = ({ partner, pointsMinor, unit, rate, minor, currency }: Conversion) =>
  [
    ['Partner', partner],
    ['Points that go', sayAmount(money(pointsMinor, unit))],
    ['Rate', `${rate} ${currency} for each`],
    ['Money that comes', sayAmount(money(minor, currency))],
  ] as const;

/** The buttons of a person who may decide, or the reason why they may not. */
function decision({ id }: Conversion, { roles }: Visitor, refusal: string | undefined): Html {
  if (!mayUse(roles, 'POST /earnings/conversions/{id}/confirm')) return html`<p>It waits for another person.</p>`;
  if (refusal !== undefined) return html`<p>You cannot decide it. ${refusal}</p>`;
  return html`<div class="actions">
    <form method="post" action="${pathOf(id)}/confirm"><button class="primary">Confirm…</button></form>
    ${askReason({
      id: 'refuse',
      action: `${pathOf(id)}/refuse`,
      button: 'Refuse',
      title: 'Refuse this conversion?',
      about: 'The points stay points. The proposer reads your reason.',
    })}
  </div>`;
}

const story = ({ proposedBy, proposedAt, status, decidedBy, decidedAt, note }: Conversion): Html =>
  html`<section class="card">
    <h2>What happened</h2>
    <ol class="timeline">
      <li>
        <strong>${decidedAt && !decidedBy ? 'Converted' : 'Proposed'} by ${proposedBy}</strong>
        <small>${formatInstant(proposedAt, 'UTC')}</small>
      </li>
      ${
        decidedBy &&
        decidedAt &&
        html`<li>
          <strong>${status === 'confirmed' ? 'Confirmed' : 'Refused'} by ${decidedBy}</strong>
          <small>${formatInstant(decidedAt, 'UTC')}</small>
          ${note && html`<q>${note}</q>`}
        </li>`
      }
      ${status === 'proposed' && html`<li data-is="now"><strong>Waits for another person</strong></li>`}
    </ol>
  </section>`;
