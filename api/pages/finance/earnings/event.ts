import { warnOf } from '../../../../commands/earnings/warnings.ts';
import {
  type CausedEarning,
  type EventRevisionSeen,
  type EventWait,
  listCausedEarnings,
  listEarners,
  listEventsAbout,
  listEventWaits,
  listRevisions,
} from '../../../../db/earnings/event-story.ts';
import { findParkedStatus } from '../../../../db/earnings/parked.ts';
import { listEventPlaces } from '../../../../db/earnings/places.ts';
import { localDate } from '../../../../domain/calendar.ts';
import { Failure } from '../../../../domain/errors.ts';
import { formatWeight, isOurs, RE_RATING, REFUND } from '../../../../domain/event.ts';
import { READING_DIGITS } from '../../../../domain/fields.ts';
import { formatMinor, money } from '../../../../domain/money.ts';
import type { PayoutStatus } from '../../../../domain/payouts/payout.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { facts, table, tag } from '../../components.ts';
import { formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html, type Part } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { stepsOf } from '../../sentences.ts';
import { EVENT_STATE } from '../../earning-words.ts';
import { PAYOUT_STATUS } from '../../words.ts';
import { eventPath, kindWords, measureOf, saySums, sayWait } from './event-words.ts';

const ABOUT_MAX = 200;
const EARNINGS_MAX = 500;

/** One event: every line that it caused, what came of these, and why it earned nothing where it did. */
export function eventPage({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /earnings/events/{source}/{event}', async (c, visitor) => {
    const [source, id] = [c.req.param('source') ?? '', c.req.param('event') ?? ''];
    const [revisions, about] = await Promise.all([
      listRevisions(db, source, id),
      listEventsAbout(db, source, id, ABOUT_MAX),
    ]);
    const [event] = revisions;
    const parked = event ? null : await findParkedStatus(db, source, id);
    if (parked) return c.redirect(`/earnings/parked?status=${parked}`, 303);
    if (!event) throw new Failure('not_found', `There is no event ${id} of the source ${source}.`);
    const eventIds = [...revisions, ...about].map(({ eventId }) => eventId);
    const [partnerIds, waits] = await Promise.all([listEarners(db, eventIds), listEventWaits(db, eventIds)]);
    const [earned, nothing] = await Promise.all([
      listCausedEarnings(db, { eventIds, partnerIds }, EARNINGS_MAX),
      whyNothing(event),
    ]);
    const isEarned = earned.some(({ minor }) => minor !== 0n);
    const state = waits.length > 0 ? 'due' : isEarned ? 'earned' : 'nothing';
    const main = html`<header class="title">
        <p><a href="/earnings/events">Earnings</a> / ${source}</p>
        <h1>${titleOf(event)} ${tag(EVENT_STATE[state])}</h1>
        <p>
          ${formatDay(localDate(event.occurredAtMs, event.zone))}, program
          <strong>${event.program}</strong>${event.about !== null && aboutLine(event)}
        </p>
      </header>
      <div class="columns">
        <section>
          ${waits.length > 0 && waitCard(waits)}
          ${table({
            caption: 'What it earned',
            columns: [
              'Partner',
              'Incentive',
              'Because of',
              { label: 'Amount', number: true },
              'Free from',
              'Paid by',
              'How it was worked out',
            ],
            rows: earned.map((one) => earningRow(event, one)),
            empty: nothing ?? 'Nothing was earned by it yet.',
            aside: isEarned ? html`<small>${saySums(earned)} in all</small>` : undefined,
          })}
          ${!isEarned && earned.length > 0 && nothing !== null && html`<p class="card notice">${nothing}</p>`}
          ${about.length > 0 && aboutTable(about)}
        </section>
        <aside>${factsCard(event)} ${revisionsCard(revisions)}</aside>
      </div>`;
    return sendPage(c, consolePage({ title: titleOf(event), here: '/earnings/events', main }, visitor));
  });

  /** Why no incentive of the partner's plan is for the event, by the terms on its day. Null where one is. */
  async function whyNothing(event: EventRevisionSeen): Promise<string | null> {
    if (isOurs(event.kind) || event.about !== null) return null;
    const { partner, program } = event;
    const [place] = await listEventPlaces(db, [{ partner, program }]);
    const [warning] = await warnOf(db, [{ event, place, isNew: false }], () => true);
    return warning?.code === 'earns_nothing' ? warning.detail : null;
  }
}

const titleOf = (event: EventRevisionSeen): string => {
  const kind = kindWords(event.kind);
  const measure = measureOf(event);
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}${measure === '–' ? '' : ` of ${measure}`} by ${event.partner}`;
};

const aboutLine = ({ source, about, kind }: EventRevisionSeen): Html =>
  html`. It ${kind === REFUND ? 'takes back' : 'is a payment for'}
    <a href="${eventPath(source, about ?? '')}">${about}</a>`;

const waitCard = (waits: readonly EventWait[]): Html =>
  html`<section class="card notice" data-tone="watch">
    <h2>Not worked out yet</h2>
    <ul class="plain">
      ${waits.map((wait) => html`<li>${sayWait(wait)}.</li>`)}
    </ul>
  </section>`;

function earningRow(event: EventRevisionSeen, earning: CausedEarning) {
  const { partner, child, incentive, plan, planVersion, minor, currency, availableOn } = earning;
  const { payoutId, payoutStatus, explanation } = earning;
  return {
    head: html`${partner} ${child !== null && html`<small>by the part of ${child}</small>`}`,
    cells: [
      html`${incentive} <small>${plan}, version ${planVersion}</small>`,
      causeOf(event, earning),
      sayAmount(money(minor, currency)),
      minor === 0n ? '–' : html`<span class="day">${formatDay(availableOn)}</span>`,
      payoutId !== null && payoutStatus !== null
        ? html`<a href="/payouts/${payoutId}">${tag(PAYOUT_STATUS[payoutStatus as PayoutStatus])}</a>`
        : minor === 0n
          ? '–'
          : 'no payout yet',
      stepsOf(explanation),
    ],
  };
}

/** The event that made an earning: this one, a refund or payment of it, or a later one by which it was worked out again. */
const causeOf = (event: EventRevisionSeen, { source, id, kind }: CausedEarning): Part =>
  source === event.source && id === event.id
    ? 'this event'
    : kind === RE_RATING
      ? 'a re-rating'
      : html`<a href="${eventPath(source, id)}">${kindWords(kind)} <small>${id}</small></a>`;

const aboutTable = (about: readonly EventRevisionSeen[]): Html =>
  table({
    caption: 'Refunds and payments',
    columns: ['Event', 'Day', { label: 'Amount', number: true }, 'Taken in'],
    rows: about.map((one) => ({
      head: html`<a href="${eventPath(one.source, one.id)}">${kindWords(one.kind)}</a> <small>${one.id}</small>`,
      cells: [
        html`<span class="day">${formatDay(localDate(one.occurredAtMs, one.zone))}</span>`,
        measureOf(one),
        formatInstant(one.bookedAt, one.zone),
      ],
    })),
    empty: '',
  });

function factsCard(event: EventRevisionSeen): Html {
  const { source, id, kind, quantity, currency, otherAmounts, attributes, reading, shares, zone } = event;
  return html`<section class="card">
    <h2>The event</h2>
    ${facts([
      ['Source', source],
      ['Id', html`<code>${id}</code>`],
      ['Kind', kindWords(kind)],
      ['Happened', formatInstant(new Date(event.occurredAtMs), zone)],
      ['Days are of', zone],
      ...(quantity === null ? [] : [['Quantity', quantity] as const]),
      ...Object.entries(otherAmounts).map(
        ([name, minor]) => [name, currency === null ? String(minor) : sayAmount(money(minor, currency))] as const,
      ),
      ...(reading ? [[reading.metric, formatMinor(reading.value, READING_DIGITS)] as const] : []),
      ...Object.entries(attributes),
      ...shares.map(({ partner, weight }) => [`Share of ${partner}`, formatWeight(weight)] as const),
    ])}
  </section>`;
}

const revisionsCard = (revisions: readonly EventRevisionSeen[]): Html =>
  html`<section class="card">
    <h2>What happened</h2>
    <ol class="timeline">
      ${revisions.toReversed().map(
        (one) =>
          html`<li>
            <strong>${one.revision === 1 ? 'Taken in' : `Corrected: revision ${one.revision}`}</strong>
            <small>${measureOf(one)}</small>
            <small>${formatInstant(one.bookedAt, one.zone)}</small>
          </li>`,
      )}
    </ol>
  </section>`;
