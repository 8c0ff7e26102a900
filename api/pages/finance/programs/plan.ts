import { withdrawPlanVersion } from '../../../../commands/programs/plans.ts';
import {
  findEffectiveVersion,
  getLatestVersion,
  getVersion,
  listPlanVersions,
  type PlanVersion,
} from '../../../../db/programs/plans.ts';
import { getProgram, type Program } from '../../../../db/programs/programs.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { Failure } from '../../../../domain/errors.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { askReason, table, tag } from '../../components.ts';
import { formatInstant } from '../../format.ts';
import { type definePages, type PageContext, readReason, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { PLAN_VERSION_STATE } from '../../earning-words.ts';
import { differenceCard, incentiveTable, textOf } from './draft.ts';
import { planPath, programPath } from './paths.ts';

const VERSIONS_MAX = 200;

type State = keyof typeof PLAN_VERSION_STATE;

/** A version that is not effective yet may still be withdrawn. */
function stateOf({ version, effectiveFrom, withdrawnAt }: PlanVersion, inForce: PlanVersion | null): State {
  if (withdrawnAt) return 'withdrawn';
  if (version === inForce?.version) return 'in_force';
  return effectiveFrom.getTime() > Date.now() ? 'future' : 'over';
}

/** A plan with its versions, and what each of them changed. */
export function planPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const placeOf = async (c: PageContext) => {
    const program = await getProgram(db, c.req.param('code') ?? '');
    const plan = c.req.param('plan') ?? '';
    const [newest, inForce] = await Promise.all([
      getLatestVersion(db, program, plan),
      findEffectiveVersion(db, program, plan),
    ]);
    return { program, newest, inForce };
  };

  pages.on('GET /programs/{code}/plans/{plan}', async (c, visitor) => {
    const { program, newest, inForce } = await placeOf(c);
    const versions = await listPlanVersions(db, program, newest.plan, 0, VERSIONS_MAX);
    const path = planPath(program.code, newest.plan);
    const main = html`<header class="title">
        <p><a href="/programs">Programs</a> / <a href="${programPath(program.code)}">${program.name}</a></p>
        <h1>${newest.plan}</h1>
        <p>Earnings are held for ${(inForce ?? newest).terms.holdDays} days.</p>
        ${
          mayUse(visitor.roles, 'GET /programs/{code}/plans/{plan}/edit') &&
          html`<p><a class="button primary" href="${path}/edit">Edit the terms…</a></p>`
        }
      </header>
      ${incentiveTable((inForce ?? newest).terms)}
      ${table({
        caption: 'Versions',
        columns: ['Version', 'In force from', 'State', 'Added', { label: 'Action', unseen: true }],
        rows: versions.toReversed().map((version) => versionRow(program, version, stateOf(version, inForce), visitor)),
        empty: '',
        aside: html`<small>Instants are in UTC.</small>`,
      })}`;
    return sendPage(c, consolePage({ title: newest.plan, here: '/programs', main }, visitor));
  });

  pages.on('GET /programs/{code}/plans/{plan}/versions/{version}', async (c, visitor) => {
    const { program, newest, inForce } = await placeOf(c);
    const number = versionOf(c);
    const [version, before] = await Promise.all([
      getVersion(db, program, newest.plan, number),
      number > 1 ? getVersion(db, program, newest.plan, number - 1) : null,
    ]);
    const main = html`<header class="title">
        <p>
          <a href="/programs">Programs</a> / <a href="${programPath(program.code)}">${program.name}</a> /
          <a href="${planPath(program.code, newest.plan)}">${newest.plan}</a>
        </p>
        <h1>Version ${number} ${tag(PLAN_VERSION_STATE[stateOf(version, inForce)])}</h1>
      </header>
      ${incentiveTable(version.terms)} ${before && differenceCard(before, version.terms)}
      <details class="card">
        <summary>All terms as JSON</summary>
        <pre class="difference">${textOf(version.terms)}</pre>
      </details>`;
    return sendPage(c, consolePage({ title: `Version ${number}`, here: '/programs', main }, visitor));
  });

  pages.on('POST /programs/{code}/plans/{plan}/versions/{version}/withdraw', async (c, visitor) => {
    const { program, newest } = await placeOf(c);
    const withdrawal = { plan: newest.plan, version: versionOf(c), reason: await readReason(c) };
    await withdrawPlanVersion(db, program, withdrawal, visitor.actorId);
    return c.redirect(planPath(program.code, newest.plan), 303);
  });
}

function versionOf(c: PageContext): number {
  const text = c.req.param('version') ?? '';
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Failure('not_found', `There is no version ${text}.`);
}

function versionRow(program: Program, version: PlanVersion, state: State, visitor: Visitor) {
  const path = `${planPath(program.code, version.plan)}/versions/${version.version}`;
  return {
    head: html`<a href="${path}">Version ${version.version}</a>`,
    cells: [
      version.version === 1 ? 'the beginning' : formatInstant(version.effectiveFrom, 'UTC'),
      tag(PLAN_VERSION_STATE[state]),
      formatInstant(version.createdAt, 'UTC'),
      state === 'future' && mayUse(visitor.roles, 'POST /programs/{code}/plans/{plan}/versions/{version}/withdraw')
        ? withdraw(path, version)
        : null,
    ],
  };
}

const withdraw = (path: string, { version }: PlanVersion): Html =>
  askReason({
    id: `withdraw-${version}`,
    action: `${path}/withdraw`,
    button: 'Withdraw',
    title: `Withdraw version ${version}?`,
    about: 'It never takes effect. The version before stays in force.',
  });
