import { addPlanVersion } from '../../../../commands/programs/plans.ts';
import { askBackTest } from '../../../../commands/earnings/back-tests.ts';
import { getBackTest } from '../../../../db/earnings/back-tests.ts';
import { getSchedule } from '../../../../db/payers/schedules.ts';
import { getLatestVersion, type PlanVersion } from '../../../../db/programs/plans.ts';
import { getProgram, type Program } from '../../../../db/programs/programs.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import { startOfDay } from '../../../../domain/calendar.ts';
import { Failure, type FailureDetail } from '../../../../domain/errors.ts';
import { LocalDay } from '../../../../domain/fields.ts';
import { isUuid } from '../../../../domain/ids.ts';
import { sayPlanDifference } from '../../../../domain/programs/plan-difference.ts';
import { wakeBackTest } from '../../../../temporal/starts.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { Reason } from '../../../http/schemas.ts';
import { wakeQuietly } from '../../../http/wake.ts';
import { field, type Filled, objectionsOf } from '../../form.ts';
import { reasonsOf } from '../../form-page.ts';
import { type definePages, type PageContext, readForm, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { checked, type Draft, readDraft, textOf } from './draft.ts';
import { planPath } from './paths.ts';

const NAMES = ['terms', 'effectiveFrom', 'reason', 'from', 'until'] as const;
type Names = (typeof NAMES)[number];
type Values = Readonly<Record<Names, string>>;
type Place = { readonly program: Program; readonly before: PlanVersion; readonly zone: string };

/** The terms of a plan are edited, checked while somebody types, tried on past events, and published. */
export function planEditorPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, temporal, log } = deps;
  const sign = defineSigning(deps);
  async function placeOf(c: PageContext): Promise<Place> {
    const program = await getProgram(db, c.req.param('code') ?? '');
    const before = await getLatestVersion(db, program, c.req.param('plan') ?? '');
    return { program, before, zone: (await getSchedule(db, program.schedule)).zone };
  }
  const draw = async (
    c: PageContext,
    visitor: Visitor,
    place: Place,
    filled: { values: Values; objections?: readonly FailureDetail[] },
    status = 200,
  ) => {
    const draft = await readDraft(db, place.program, filled.values.terms, startIn(filled.values, place));
    const main = editor(place, filled, draft, visitor);
    return sendPage(c, consolePage({ title: `Edit ${place.before.plan}`, here: '/programs', main }, visitor), status);
  };

  pages.on('GET /programs/{code}/plans/{plan}/edit', async (c, visitor) => {
    const place = await placeOf(c);
    const tried = c.req.query('from') ?? '';
    const terms = isUuid(tried) ? (await getBackTest(db, tried)).terms : place.before.terms;
    const values = { terms: textOf(terms), effectiveFrom: '', reason: '', from: '', until: '' };
    return draw(c, visitor, place, { values });
  });

  pages.on('POST /programs/{code}/plans/{plan}/edit', async (c, visitor) => {
    const place = await placeOf(c);
    return draw(c, visitor, place, { values: await readForm(c, ...NAMES) });
  });

  pages.on('POST /programs/{code}/plans/{plan}/versions', async (c, visitor) => {
    const place = await placeOf(c);
    const values = await readForm(c, ...NAMES);
    const draft = await readDraft(db, place.program, values.terms, startIn(values, place));
    const reason = Reason.safeParse(values.reason);
    const objections = [
      ...(values.effectiveFrom === '' || LocalDay.safeParse(values.effectiveFrom).success
        ? []
        : [{ field: 'effectiveFrom', reason: 'is not a date such as 2026-03-01' }]),
      ...(reason.success ? [] : [{ field: 'reason', reason: 'is missing, or is not one line of up to 500 letters' }]),
    ];
    if (draft.objections || !reason.success || objections.length > 0)
      return draw(c, visitor, place, { values, objections }, 400);
    const { program, before } = place;
    const { terms } = draft;
    const version = { terms, effectiveFrom: startIn(values, place), reason: reason.data };
    const path = planPath(program.code, before.plan);
    return sign(c, visitor, {
      act: 'publish terms',
      subject: `program/${program.code}/plan/${before.plan}`,
      here: '/programs',
      back: `${path}/edit`,
      typed: values,
      read: (tx) => getLatestVersion(tx, program, before.plan),
      content: (newest) => ({ version: newest.version }),
      perform: (tx, signatureId) => addPlanVersion(tx, program, before.plan, version, visitor.actorId, signatureId),
      title: 'Publish these terms?',
      about: (newest) =>
        html`<p>They count ${values.effectiveFrom === '' ? 'at once' : `from ${values.effectiveFrom} on`}.</p>
          <ul class="steps">
            ${sayPlanDifference(newest.terms, terms).map((words) => html`<li>${words}</li>`)}
          </ul>`,
      button: 'Publish and sign',
      again: (_notice, problem) => editor(place, { values, objections: reasonsOf(problem) }, draft, visitor),
      answer: () => c.redirect(path, 303),
    });
  });

  pages.on('POST /programs/{code}/plans/{plan}/back-tests', async (c, visitor) => {
    const place = await placeOf(c);
    const values = await readForm(c, ...NAMES);
    const draft = await readDraft(db, place.program, values.terms, null);
    const objections = daysWrong(values);
    if (draft.objections || objections.length > 0) return draw(c, visitor, place, { values, objections }, 400);
    const wish = { plan: place.before.plan, terms: draft.terms, from: values.from, until: values.until, tierKey: null };
    try {
      const { id } = await askBackTest(db, place.program, wish, visitor.actorId);
      await wakeQuietly({ temporal, log }, { backTest: id }, () => wakeBackTest(temporal, id));
      return c.redirect(`/back-tests/${id}`, 303);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'invalid_input') throw error;
      return draw(c, visitor, place, { values, objections: error.details }, 400);
    }
  });
}

/** A version begins with a local day of the program's schedule. Without a day, it begins now. */
const startIn = ({ effectiveFrom }: Values, { zone }: Place): Date | null =>
  LocalDay.safeParse(effectiveFrom).success ? new Date(startOfDay(effectiveFrom, zone)) : null;

const daysWrong = ({ from, until }: Values): FailureDetail[] => {
  const wrong = Object.entries({ from, until }).flatMap(([name, day]) =>
    LocalDay.safeParse(day).success ? [] : [{ field: name, reason: 'is not a date such as 2026-03-01' }],
  );
  return wrong.length > 0 || from < until ? wrong : [{ field: 'until', reason: 'is not after the first day' }];
};

function editor({ program, before, zone }: Place, filled: Filled, draft: Draft, visitor: Visitor): Html {
  const path = planPath(program.code, before.plan);
  const check = { action: `${path}/edit`, target: '#check' };
  return html`<header class="title">
      <p>
        <a href="/programs">Programs</a> / <a href="/programs/${encodeURIComponent(program.code)}">${program.name}</a> /
        <a href="${path}">${before.plan}</a>
      </p>
      <h1>Edit the terms</h1>
      <p>They begin as version ${before.version}. Nothing counts before you publish them.</p>
    </header>
    ${objectionsOf(['effectiveFrom', 'reason', 'from', 'until'], filled.objections)}
    <form method="post" action="${check.action}" class="live">
      <section class="card">
        <div class="field">
          <label for="terms">Terms <small>JSON, as the API takes it</small></label>
          <textarea
            id="terms"
            name="terms"
            rows="24"
            class="code"
            spellcheck="false"
            required
            hx-post="${check.action}"
            hx-trigger="input changed delay:500ms"
            hx-target="${check.target}"
            hx-select="${check.target}"
            hx-swap="outerHTML"
          >
${filled.values['terms'] ?? ''}</textarea>
        </div>
        <p class="buttons"><button>Check</button></p>
      </section>
      <div id="check" class="live" aria-live="polite">${checked(draft, before)}</div>
      <section class="card fields">
        <h2>Try it on past events</h2>
        <p class="quiet">Nothing is earned by it. It says what each partner would have earned.</p>
        ${field({ name: 'from', label: 'First day', type: 'date', required: 'sometimes' }, filled)}
        ${field({ name: 'until', label: 'The day after the last one', type: 'date', required: 'sometimes' }, filled)}
        <p class="buttons"><button formaction="${path}/back-tests">Start the back-test</button></p>
      </section>
      ${
        mayUse(visitor.roles, 'POST /programs/{code}/plans/{plan}/versions') &&
        html`<section class="card fields">
          <h2>Publish it</h2>
          ${field(
            {
              name: 'effectiveFrom',
              label: 'In force from',
              type: 'date',
              help: `The day begins in ${zone}. Without a day, it is in force now`,
            },
            filled,
          )}
          ${field({ name: 'reason', label: 'Reason', required: 'sometimes', lengthMax: 500, help: 'In one line, for the people who read it later' }, filled)}
          <p class="buttons">
            <a class="button" href="${path}">Not now</a>
            <button class="primary" formaction="${path}/versions">Publish…</button>
          </p>
        </section>`
      }
    </form>`;
}
