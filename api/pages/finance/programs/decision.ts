import { whyNotMe } from '../../../../commands/programs/reviews.ts';
import type { Database } from '../../../../db/database.ts';
import { listAnswersAbout, listReviews, type Review, type ReviewAnswer } from '../../../../db/programs/reviews.ts';
import { listWaitingDecisions } from '../../../../db/earnings/waiting-decisions.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import type { Ask, PolicySubject } from '../../../../domain/programs/policies.ts';
import { rolesAsked } from '../../../../domain/programs/review.ts';
import { facts, table, tag } from '../../components.ts';
import { nameOfAsk, reviewStep, SUBJECT } from '../../decision-words.ts';
import { field, type FieldWish, type Filled, objectionsOf } from '../../form.ts';
import { countOf, formatInstant } from '../../format.ts';
import { html, type Html } from '../../html.ts';
import { ROLE } from '../../words.ts';

/** The parts of the pages on which people decide by a policy: the queue, the form, and the history. */

const WAITING_MAX = 200;
const ZONE = 'UTC';

/** The table of the open decisions, the earliest deadline first. A row that a role of the reader may answer says so. */
export async function decisionQueue(db: Database, subject: PolicySubject, visitor: Visitor): Promise<Html> {
  const waiting = await listWaitingDecisions(db, subject, WAITING_MAX);
  const { one, place } = SUBJECT[subject];
  return table({
    caption: 'To decide',
    columns: [`The ${one}`, 'Partner', 'Question', 'Waits for', 'Deadline'],
    rows: waiting.map(({ subjectId, title, partner, program, ask, stage, stages, isEscalated, roles, dueAt }) => ({
      head: html`<a href="${place}/${subjectId}">${title}</a> <small>${program}</small>`,
      cells: [
        partner,
        nameOfAsk(ask as Ask),
        html`${roles.map((role) => ROLE[role]).join(' or ')}
          ${roles.some((role) => visitor.roles.includes(role)) && tag({ label: 'your role', tone: 'good' })}
          ${isEscalated && tag({ label: 'escalated', tone: 'alert' })} <small>stage ${stage} of ${stages}</small>`,
        dueAt && html`<span class="day">${formatInstant(dueAt, ZONE)}</span>`,
      ],
      ...(dueAt && dueAt.getTime() < Date.now() ? { tone: 'late' } : {}),
    })),
    empty: `No ${one} waits for a decision. A partner adds one in the portal, and the policy of the program says who decides.`,
    aside: html`<small
      >${waiting.length === WAITING_MAX ? `the first ${WAITING_MAX}` : countOf(waiting.length, one)}</small
    >`,
  });
}

export type Decisions = { reviews: readonly Review[]; answers: readonly ReviewAnswer[] };

/** The decisions about a thing with the answers of people. A thing has one, or a few if its protection was extended. */
export async function readDecisions(db: Database, subject: PolicySubject, id: string): Promise<Decisions> {
  const [reviews, answers] = await Promise.all([listReviews(db, subject, id), listAnswersAbout(db, subject, id)]);
  return { reviews, answers };
}

type Form = {
  path: string;
  /** A sentence about the effect of an approval. */
  effect: string;
  extra?: readonly FieldWish[];
  filled?: Filled | undefined;
};

const NOTE: FieldWish = {
  name: 'note',
  label: 'Note',
  help: 'One line. If you decline, the partner reads it as the reason',
  required: 'sometimes',
  lengthMax: 500,
};

/** The role in which a person answers. It is one of theirs, and one that is asked, if they have such a role. */
export async function roleToAnswer(
  db: Database,
  subject: PolicySubject,
  id: string,
  visitor: Visitor,
): Promise<string> {
  const open = (await listReviews(db, subject, id)).find(({ status }) => status === 'waiting');
  const person = { id: visitor.actorId, roles: visitor.roles };
  return open ? (await whyNotMe(db, open, person, Date.now())).role : (visitor.roles[0] ?? '');
}

/** The form to answer the open decision, or the reason why the reader may not. Null if nothing waits. */
export async function decisionForm(
  db: Database,
  { reviews }: Decisions,
  visitor: Visitor,
  { path, effect, extra = [], filled = { values: {} } }: Form,
): Promise<Html | null> {
  const open = reviews.find(({ status }) => status === 'waiting');
  if (!open) return null;
  const { refusal } = await whyNotMe(db, open, { id: visitor.actorId, roles: visitor.roles }, Date.now());
  const head = html`<h2>${nameOfAsk(open.ask as Ask)}: your decision</h2>
    ${facts([
      ['Rule', open.rule.title],
      [
        'Waits for',
        rolesAsked(open)
          .map((one) => ROLE[one])
          .join(' or '),
      ],
      ['Stage', `${open.stage} of ${open.rule.stages?.length ?? 1}${open.isEscalated ? ', escalated' : ''}`],
      ['Deadline', open.dueAt && formatInstant(open.dueAt, ZONE)],
      ['If nobody answers', endOf(open)],
    ])}`;
  if (refusal !== undefined)
    return html`<section class="card notice" data-tone="watch">
      ${head}
      <p><strong>Not you:</strong> ${refusal.replace(' Nothing was recorded.', '')}</p>
    </section>`;
  return html`<section class="card notice" data-tone="good">
    ${head} ${objectionsOf(['note', ...extra.map(({ name }) => name)], filled.objections)}
    <form method="post" action="${path}/decision" class="fields">
      <p class="quiet">${effect}</p>
      ${[...extra, NOTE].map((wish) => field(wish, filled))}
      <p class="buttons">
        <button name="decision" value="decline">Decline</button>
        <button class="primary" name="decision" value="approve">Approve</button>
      </p>
    </form>
  </section>`;
}

function endOf({ rule, stage: no, isEscalated }: Review): string {
  const stage = rule.stages?.[no - 1];
  if (!stage) return '–';
  if (stage.escalate && !isEscalated) return `it goes to the role ${ROLE[stage.escalate.role]} too`;
  return { decline: 'it is declined', expire: 'it expires' }[stage.atEnd];
}

type Step = { at: Date; words: string; about?: string | null };

/** Everything that happened, with names. */
export function decisionHistory(steps: readonly Step[], { reviews, answers }: Decisions): Html {
  const said = { approve: 'approved', decline: 'declined' };
  const all: Step[] = [
    ...steps,
    ...answers.map(({ by, decision, note, at, stage }) => ({
      at,
      words: `${by} ${said[decision]}`,
      about: note ?? `stage ${stage}`,
    })),
  ];
  for (const review of reviews) {
    const { ask, askedAt, endedAt, status, reason, rule } = review;
    all.push({ at: askedAt, words: `${nameOfAsk(ask as Ask)} asked`, about: `Rule: ${rule.title}` });
    if (endedAt) all.push({ at: endedAt, words: reviewStep(ask as Ask, status), about: reason });
  }
  const sorted = all.toSorted((one, other) => one.at.getTime() - other.at.getTime());
  return html`<section class="card">
    <h2>What happened</h2>
    <ol class="timeline">
      ${sorted.map(
        ({ at, words, about }) =>
          html`<li>
            <strong>${words}</strong><small>${formatInstant(at, ZONE)}</small>${about && html`<small>${about}</small>`}
          </li>`,
      )}
    </ol>
  </section>`;
}

/** The facts that the policy was asked with. */
export const policyFacts = ({ reviews }: Decisions): Html | null => {
  const last = reviews.at(-1);
  return last
    ? html`<section class="card">
        <h2>What the policy knew <small>version ${last.version}, rule ${last.ruleNo}</small></h2>
        ${facts(Object.entries(last.facts).map(([name, values]) => [name, values.join(', ') || '–'] as const))}
      </section>`
    : null;
};
