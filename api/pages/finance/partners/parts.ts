import type { Role } from '../../../../domain/people/role.ts';
import { addDays } from '../../../../domain/calendar.ts';
import { money } from '../../../../domain/money.ts';
import { allStages } from '../../../../domain/partners/onboarding.ts';
import { newestPeriod } from '../../../../domain/partners/agreement.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { balanceTotals } from '../../balance.ts';
import { facts, table, tag } from '../../components.ts';
import { formatAmount, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { peopleTable } from '../../users.ts';
import { CONTACT_OUTCOME, METHOD, PAYOUT_STATUS, STAGE } from '../../words.ts';
import type { PartnerSeen } from './seen.ts';
import { partnerPath, ZONE } from './address.ts';

/** The parts of the page of a partner. */

export const balanceSections = ({ balances, payments }: PartnerSeen): Html[] =>
  balances.map(
    (balance) =>
      html`<section class="balance">
        <h2>Balance in ${balance.currency}</h2>
        ${balanceTotals(balance, payments)}
        <p class="quiet">Earned so far: ${sayAmount(money(balance.earnedMinor, balance.currency))}.</p>
      </section>`,
  );

const daysOf = ({ from, until }: { from: string; until: string | null }): string =>
  until === null ? `from ${formatDay(from)}` : `${formatDay(from)} until ${formatDay(until)}`;

export function agreementsTable({ partner, agreements }: PartnerSeen, may: boolean): Html {
  const path = `${partnerPath(partner.code)}/agreements`;
  return table({
    caption: 'Agreements',
    columns: ['Program', 'Plan', 'Days', ...(may ? [{ label: 'Action', unseen: true }] : [])],
    rows: agreements.map(({ program, terms }) => {
      const newest = newestPeriod(terms);
      return {
        head: program,
        cells: [
          newest?.plan ?? '–',
          html`${terms.map((term) => html`<span class="line">${term.plan !== newest?.plan && `${term.plan}: `}${daysOf(term)}</span>`)}`,
          ...(may ? [html`<a class="button" href="${path}/${encodeURIComponent(program)}">Change…</a>`] : []),
        ],
      };
    }),
    empty: may
      ? html`This partner is in no program, so nothing is earned. <a href="${path}">Add an agreement</a>.`
      : 'This partner is in no program, so nothing is earned. An operator adds an agreement.',
    aside: may ? html`<a href="${path}">Add</a>` : undefined,
  });
}

export const payoutsTable = ({ partner, payouts }: PartnerSeen): Html =>
  table({
    caption: 'Newest payouts',
    columns: ['Period ends', 'Method', { label: 'Payout', number: true }, 'Status', 'Since'],
    rows: payouts.map((payout) => ({
      head: html`<a href="/payouts/${payout.id}">${formatDay(addDays(payout.periodEnd, -1))}</a>`,
      cells: [
        METHOD[payout.method],
        sayAmount(money(payout.net, payout.currency)),
        html`${tag(PAYOUT_STATUS[payout.status])} ${payout.heldAt && tag({ label: 'on hold', tone: 'watch' })}`,
        formatInstant(payout.statusAt, ZONE),
      ],
    })),
    empty: 'Nothing was paid yet. The next run makes the first payout.',
    aside: html`<a href="/payouts?${new URLSearchParams({ partner: partner.code }).toString()}">All payouts</a>`,
  });

export const pointsTable = ({ partner, points }: PartnerSeen, roles: readonly Role[]): Html | false =>
  points.length > 0 &&
  table({
    caption: 'Points',
    columns: [
      'Points',
      'Program',
      { label: 'Available', number: true },
      { label: 'Held', number: true },
      'Expire next',
    ],
    rows: points.map(({ unit, name, program, availableMinor, heldMinor, expiresOn, expiringMinor }) => ({
      head: name,
      cells: [
        program,
        formatAmount({ minor: availableMinor, currency: unit }),
        formatAmount({ minor: heldMinor, currency: unit }),
        expiresOn ? `${formatAmount({ minor: expiringMinor, currency: unit })} on ${formatDay(expiresOn)}` : 'never',
      ],
    })),
    empty: '',
    aside: mayUse(roles, 'GET /partners/{code}/new-conversion')
      ? html`<a href="${partnerPath(partner.code)}/new-conversion">Turn into money</a>`
      : undefined,
  });

export function peopleOf({ partner, people }: PartnerSeen, roles: readonly Role[]): Html {
  const path = `${partnerPath(partner.code)}/users`;
  const may = mayUse(roles, 'POST /partners/{code}/users');
  return peopleTable(people, {
    zone: ZONE,
    path: may && path,
    empty: may
      ? html`Nobody can open the portal of this partner. <a href="${path}">Invite the first owner</a>.`
      : 'Nobody can open the portal of this partner. An operator invites the first owner.',
    aside: may ? html`<a href="${path}">Invite</a>` : undefined,
  });
}

export const masterCard = ({ partner, contacts }: PartnerSeen, roles: readonly Role[]): Html =>
  html`<section class="card">
    <h2>Contact</h2>
    ${facts([
      ['Name', partner.name],
      ['Country', partner.country],
      ['E-mail', partner.email ?? 'none: no notices are mailed'],
      ['Added', formatInstant(partner.createdAt, ZONE)],
      ...(partner.mergedFrom.length > 0 ? [['Goes on for', partner.mergedFrom.join(', ')] as const] : []),
    ])}
    ${contacts.map(
      ({ askedBy, email, askedAt, expiresAt, outcome }) =>
        html`<p class="quiet">
          ${formatInstant(askedAt, ZONE)}: ${askedBy} asked for ${email} in the portal.
          ${outcome === null ? html`${tag({ label: 'waits', tone: 'watch' })} until ${formatInstant(expiresAt, ZONE)}` : tag(CONTACT_OUTCOME[outcome])}
        </p>`,
    )}
    ${
      mayUse(roles, 'POST /partners/{code}/change') &&
      html`<p>
        <a href="${partnerPath(partner.code)}/change">Change…</a>
        <a href="${partnerPath(partner.code)}/parent">Partner above…</a>
      </p>`
    }
  </section>`;

export const stagesCard = ({ partner, stages }: PartnerSeen, roles: readonly Role[]): Html =>
  html`<section class="card">
    <h2>Onboarding</h2>
    ${facts(
      allStages(stages).map(
        ({ stage, reachedOn }) => [STAGE[stage], reachedOn ? formatDay(reachedOn) : 'missing'] as const,
      ),
    )}
    ${
      mayUse(roles, 'POST /partners/{code}/onboarding') &&
      html`<p><a href="${partnerPath(partner.code)}/onboarding">Record a stage…</a></p>`
    }
  </section>`;

export const factsCard = ({ partner, facts: known }: PartnerSeen, roles: readonly Role[]): Html =>
  html`<section class="card">
    <h2>Facts</h2>
    ${
      known.length === 0
        ? html`<p class="quiet">Nothing is recorded, such as a tier or a region.</p>`
        : facts(known.map((fact) => [fact.key, html`${fact.value} <small>${daysOf(fact)}</small>`] as const))
    }
    ${
      mayUse(roles, 'POST /partners/{code}/facts') &&
      html`<p><a href="${partnerPath(partner.code)}/facts">Record a fact…</a></p>`
    }
  </section>`;

export const minimumsCard = ({ partner, minimums }: PartnerSeen, roles: readonly Role[]): Html =>
  html`<section class="card">
    <h2>Smallest payout</h2>
    ${
      minimums.length === 0
        ? html`<p class="quiet">That of the schedule counts.</p>`
        : facts(
            minimums.map(
              ({ currency, minor, reason, recordedBy }) =>
                [
                  currency,
                  html`${formatAmount(money(minor, currency))} <small>${reason}, by ${recordedBy}</small>`,
                ] as const,
            ),
          )
    }
    ${
      mayUse(roles, 'POST /partners/{code}/minimums') &&
      html`<p><a href="${partnerPath(partner.code)}/minimums">Change…</a></p>`
    }
  </section>`;
