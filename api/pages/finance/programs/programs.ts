import { listLadderStandings } from '../../../../db/earnings/ladder-standing.ts';
import { listStandings } from '../../../../db/earnings/standing.ts';
import { countAgreements } from '../../../../db/partners/agreements.ts';
import { getPartner } from '../../../../db/partners/partners.ts';
import { type Budget, listBudgets } from '../../../../db/programs/budgets.ts';
import { listLadders } from '../../../../db/programs/ladders.ts';
import { listPlans } from '../../../../db/programs/plans.ts';
import { getProgram, listPrograms, type Program } from '../../../../db/programs/programs.ts';
import { listUnits } from '../../../../db/programs/units.ts';
import { Code } from '../../../../domain/fields.ts';
import { money } from '../../../../domain/money.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { mayOpen } from '../../../http/within-reach.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { field } from '../../form.ts';
import { countOf, formatDay, formatInstant, sayAmount } from '../../format.ts';
import { type definePages, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { standings } from '../../partner/earnings/standing.ts';
import { daysOf } from './budgets.ts';
import { DETAILS_RULE } from './details-rule.ts';
import { budgetPath, inProgram, planPath, programPath, unitPath } from './paths.ts';

const PROGRAMS_A_PAGE = 50;
const PARTS_MAX = 200;
const WINDOWS_MAX = 50;

/** The programs, and each with its plans, budgets, ladders and units. */
export function programPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  pages.on('GET /programs', async (c, visitor) => {
    const after = Code.safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const { items, nextCursor } = await readPage(PROGRAMS_A_PAGE, (count) => listPrograms(db, after, count), {
      key: ({ code }) => code,
      item: (one) => one,
    });
    const main = html`<header class="title">
        <h1>Programs</h1>
        ${mayUse(visitor.roles, 'GET /new-program') && html`<div class="actions"><a class="button primary" href="/new-program">Add a program…</a></div>`}
      </header>
      ${table({
        caption: 'Programs',
        columns: ['Program', 'Code', 'Paid by the schedule', 'For', 'Since'],
        rows: items.map((program) => ({
          head: html`<a href="${programPath(program.code)}">${program.name}</a>`,
          cells: [program.code, program.schedule, kindsOf(program), formatInstant(program.createdAt, 'UTC')],
        })),
        empty: 'There is no program yet. An operator adds the first one here.',
      })}
      ${nextPage('/programs', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Programs', here: '/programs', main }, visitor));
  });

  pages.on('GET /programs/{code}', async (c, visitor) => {
    const program = await getProgram(db, c.req.param('code') ?? '');
    const [plans, agreements, budgets, ladders, units] = await Promise.all([
      listPlans(db, program, null, PARTS_MAX),
      countAgreements(db, program.id),
      listBudgets(db, program.id, null, PARTS_MAX),
      listLadders(db),
      listUnits(db, program.id, null, PARTS_MAX),
    ]);
    const agreed = new Map(agreements.map(({ plan, partners }) => [plan, partners]));
    const own = ladders.filter((ladder) => ladder.program === program.code);
    const main = html`<header class="title">
        <p><a href="/programs">Programs</a></p>
        <h1>${program.name}</h1>
        <p>For ${kindsOf(program)}, paid by the schedule <strong>${program.schedule}</strong></p>
        ${mayUse(visitor.roles, 'GET /programs/{code}/new-plan') && addActions(programPath(program.code), mayOpen(visitor, 'GET /programs/{code}/new-ladder'))}
      </header>
      <div class="columns">
        <section>
          ${table({
            caption: 'Plans',
            columns: ['Plan', 'Newest version', 'In force from', { label: 'Partners', number: true }, 'Incentives'],
            rows: plans.map(({ plan, version, effectiveFrom, terms }) => ({
              head: html`<a href="${planPath(program.code, plan)}">${plan}</a>`,
              cells: [
                version,
                version === 1 ? 'the beginning' : formatInstant(effectiveFrom, 'UTC'),
                agreed.get(plan) ?? 0,
                terms.incentives.map(({ id }) => id).join(', '),
              ],
            })),
            empty: 'There is no plan yet. Nobody can earn in this program before it has one.',
          })}
          ${budgetTable(budgets)}
          ${table({
            caption: 'Ladders',
            columns: ['Fact', 'Versions', 'Newest since'],
            rows: own.map(({ fact, versions }) => ({
              head: mayOpen(visitor, 'GET /programs/{code}/new-ladder')
                ? html`<a href="${programPath(program.code)}/new-ladder?fact=${encodeURIComponent(fact)}">${fact}</a>`
                : fact,
              cells: [versions.length, versions.at(-1) ? formatDay(versions.at(-1)?.from ?? '') : '–'],
            })),
            empty: 'No ladder gives partners a tier in this program.',
          })}
          <form method="get" action="${programPath(program.code)}/standing" class="filters">
            ${field({ name: 'partner', label: 'Where does the partner of this code stand?', required: 'sometimes' }, { values: {} })}
            <p class="buttons"><button>Show</button></p>
          </form>
        </section>
        <aside>
          <section class="card">
            <h2>The program</h2>
            ${facts([
              ['Code', program.code],
              ['Events of ineligible partners', ON_INELIGIBLE[program.eligibility.onIneligible]],
              [
                'Changed payout details',
                html`${DETAILS_RULE[program.confirmsDetails ? 'yes' : 'no']}
                ${mayUse(visitor.roles, 'GET /programs/{code}/changed-details') && html`<a href="${programPath(program.code)}/changed-details">Change…</a>`}`,
              ],
              ['Facts of events', program.attributes.join(', ') || 'none'],
              [
                'Units',
                units.length === 0
                  ? 'money only'
                  : html`${units.map(({ code, name }, index) => html`${index > 0 && ', '}<a href="${unitPath(program.code, code)}">${name}</a>`)}`,
              ],
            ])}
          </section>
        </aside>
      </div>`;
    return sendPage(c, consolePage({ title: program.name, here: '/programs', main }, visitor));
  });

  pages.on('GET /programs/{code}/standing', async (c, visitor) => {
    const program = await getProgram(db, c.req.param('code') ?? '');
    const partner = await getPartner(db, (c.req.query('partner') ?? '').trim());
    const [windows, ladders] = await Promise.all([
      listStandings(db, partner.id, null, WINDOWS_MAX),
      listLadderStandings(db, partner.id, Date.now()),
    ]);
    const places = {
      windows: windows.filter((one) => one.program === program.code && !one.isOver),
      ladders: ladders.filter(({ ladder }) => ladder.program === program.code),
    };
    const main = html`<header class="title">
        ${inProgram(program)}
        <h1>${partner.name}</h1>
        <p>The sentences are those that the partner reads in the portal.</p>
      </header>
      ${
        standings(places) ??
        html`<section class="empty">
          <h2>No window</h2>
          <p>No window of this program counts for the partner now, and no ladder.</p>
        </section>`
      }`;
    return sendPage(c, consolePage({ title: `${partner.name} in ${program.name}`, here: '/programs', main }, visitor));
  });
}

const ON_INELIGIBLE = { earn: 'they earn', nothing: 'they earn nothing', park: 'they wait for a person' } as const;

const kindsOf = ({ partnerKinds }: Program): string =>
  partnerKinds.length === 0 ? 'every kind of partner' : partnerKinds.join(', ');

const addActions = (path: string, withLadder: boolean): Html =>
  html`<div class="actions">
    <a class="button" href="${path}/new-plan">Add a plan…</a>
    <a class="button" href="${path}/new-budget">Add a budget…</a>
    ${withLadder && html`<a class="button" href="${path}/new-ladder">Write a ladder…</a>`}
    <a class="button" href="${path}/new-unit">Add points…</a>
  </div>`;

const budgetTable = (budgets: readonly Budget[]): Html =>
  table({
    caption: 'Budgets',
    columns: ['Budget', 'Days', { label: 'Amount', number: true }, { label: 'Used', number: true }, 'State'],
    rows: budgets.map(({ title, code, program, amountMinor, usedMinor, unit, closedAt, ...days }) => ({
      head: html`<a href="${budgetPath(program, code)}">${title}</a> <small>${code}</small>`,
      cells: [
        daysOf(days),
        sayAmount(money(amountMinor, unit)),
        html`${sayAmount(money(usedMinor, unit))}
        ${
          amountMinor > 0n &&
          html`<progress
            max="100"
            value="${(usedMinor * 100n) / amountMinor}"
            aria-label="${title} is used"
          ></progress>`
        }`,
        closedAt ? tag({ label: 'closed', tone: 'plain' }) : tag({ label: 'open', tone: 'good' }),
      ],
    })),
    empty: 'No budget bounds what this program pays.',
    aside: html`<small>${countOf(budgets.length, 'budget')}</small>`,
  });
