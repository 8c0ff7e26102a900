import { refuseTerms } from '../../../../commands/programs/plans.ts';
import type { Database } from '../../../../db/database.ts';
import type { PlanVersion } from '../../../../db/programs/plans.ts';
import type { Program } from '../../../../db/programs/programs.ts';
import { Failure } from '../../../../domain/errors.ts';
import { differenceOf, type DifferingLine, withNeighbours } from '../../../../domain/line-difference.ts';
import { PlanTerms } from '../../../../domain/programs/plan.ts';
import { sayPlanDifference } from '../../../../domain/programs/plan-difference.ts';
import { table } from '../../components.ts';
import { countOf } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { type Objection, placed, readJson } from './json-draft.ts';

/** A draft of terms as somebody types it: the objections to it, each with its line, and the difference to the terms before. */

export type Draft =
  | { readonly terms: PlanTerms; readonly objections?: undefined }
  | { readonly objections: readonly Objection[] };

/** Terms as a text that people edit. */
export const textOf = (terms: PlanTerms): string => JSON.stringify(terms, null, 2);

/** Reads a draft and checks it as saving it would. */
export async function readDraft(
  db: Database,
  program: Program,
  text: string,
  effectiveFrom: Date | null,
): Promise<Draft> {
  const read = readJson(text, PlanTerms, 'terms');
  if (read.objections) return read;
  try {
    await db.transaction((tx) => refuseTerms(tx, program, { terms: read.said, effectiveFrom }));
    return { terms: read.said };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'invalid_input') throw error;
    return { objections: placed(text, error, 'terms') };
  }
}

/** The objections to a draft, or the difference that it makes. */
export function checked(draft: Draft, before: PlanVersion): Html {
  if (draft.objections)
    return html`<section class="card notice" data-tone="alert" role="alert">
      <h2>${countOf(draft.objections.length, 'objection')}</h2>
      <ul class="plain">
        ${draft.objections.map(
          ({ field, reason, line }) =>
            html`<li>${line !== null && html`<strong>Line ${line}</strong>`} <code>${field}</code> ${reason}</li>`,
        )}
      </ul>
    </section>`;
  return differenceCard(before, draft.terms, 'These terms can be used.');
}

/** The difference between a version and the terms after it, in sentences and in lines. */
export function differenceCard(before: Pick<PlanVersion, 'version' | 'terms'>, after: PlanTerms, lead = ''): Html {
  const sentences = sayPlanDifference(before.terms, after);
  const lines = differenceOf(textOf(before.terms).split('\n'), textOf(after).split('\n'));
  return html`<section class="card">
    <h2>Difference to version ${before.version}</h2>
    <p>
      ${lead}
      ${sentences.length === 0 ? `They are those of version ${before.version}.` : `${countOf(sentences.length, 'term')} ${sentences.length === 1 ? 'differs' : 'differ'}:`}
    </p>
    <ul class="steps">
      ${sentences.map((words) => html`<li>${words}</li>`)}
    </ul>
    ${
      sentences.length > 0 &&
      html`<div class="scroll" role="region" aria-label="Lines that differ" tabindex="0">
        <pre class="difference">${withNeighbours(lines, NEIGHBOURS).map(lineRow)}</pre>
      </div>`
    }
  </section>`;
}

const NEIGHBOURS = 2;
const MARKS = { same: ' ', gone: '−', new: '+' } as const;

const lineRow = (line: DifferingLine | null): Html => {
  if (line === null) return html`<span>⋯</span>`;
  const text = `${MARKS[line.is]} ${line.text}`;
  if (line.is === 'same') return html`<span>${text}</span>`;
  return line.is === 'gone' ? html`<del>${text}</del>` : html`<ins>${text}</ins>`;
};

/** The ways of earning of some terms, one row each. */
export const incentiveTable = ({ incentives }: PlanTerms): Html =>
  table({
    caption: 'Incentives',
    columns: ['Incentive', 'For', 'Pays', 'Window'],
    rows: incentives.map(({ id, when, pay, window, unit }) => ({
      head: id,
      cells: [
        when.kinds?.join(', ') ?? 'every kind',
        html`${pay.rule} <small>${'percent' in pay ? `${pay.percent} %` : unit}</small>`,
        window,
      ],
    })),
    empty: '',
  });
