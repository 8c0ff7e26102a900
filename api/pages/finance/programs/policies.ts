import { z } from 'zod';

import { confirmPolicyVersion, findConfirmationRefusal } from '../../../../commands/programs/policies.ts';
import type { Visitor } from '../../../../db/people/sessions.ts';
import {
  findPolicyInForce,
  getPolicyVersion,
  listPolicyVersions,
  type PolicyVersion,
} from '../../../../db/programs/policies.ts';
import { getProgram, listPrograms } from '../../../../db/programs/programs.ts';
import { Failure } from '../../../../domain/errors.ts';
import type { Rule, Stage, Within } from '../../../../domain/policy.ts';
import { POLICY_SUBJECTS, type PolicySubject } from '../../../../domain/programs/policies.ts';
import { parseCursor, readPage } from '../../../http/cursor.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { mayUse } from '../../../http/page-permissions.ts';
import { facts, nextPage, table, tag } from '../../components.ts';
import { countOf, formatInstant } from '../../format.ts';
import { type definePages, type PageContext, sendPage } from '../../guard.ts';
import { html, type Html } from '../../html.ts';
import { consolePage } from '../../layout.ts';
import { defineSigning } from '../../signing.ts';
import { POLICY_SUBJECT, ROLE } from '../../words.ts';
import { inSettings } from '../people/settings.ts';

const PROGRAMS_A_PAGE = 100;
/** A policy changes a few times a year. */
const VERSIONS_MAX = 200;
const say = (at: Date): string => formatInstant(at, 'UTC');
export const policyPath = (program: string, subject: PolicySubject): string =>
  `/settings/policies/${encodeURIComponent(program)}/${subject}`;

/** The rules that decide about deals, requests and claims: who must approve what. */
export function policyPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;
  const sign = defineSigning(deps);

  pages.on('GET /settings/policies', async (c, visitor) => {
    const after = z.string().safeParse(parseCursor(c.req.query('cursor') ?? '')).data ?? null;
    const { items, nextCursor } = await readPage(PROGRAMS_A_PAGE, (count) => listPrograms(db, after, count), {
      key: ({ code }) => code,
      item: (one) => one,
    });
    const main = html`<header class="title">
        ${inSettings()}
        <h1>Policies</h1>
        <p>A policy says who decides what partners ask for. The first rule that fits decides.</p>
      </header>
      ${table({
        caption: 'Programs',
        columns: ['Program', 'Code', 'Policies'],
        rows: items.map(({ name, code }) => ({
          head: name,
          cells: [
            code,
            html`${POLICY_SUBJECTS.map((subject) => html`<a href="${policyPath(code, subject)}">${POLICY_SUBJECT[subject]}</a> `)}`,
          ],
        })),
        empty: 'There is no program yet, so nobody asks for anything.',
      })}
      ${nextPage('/settings/policies', nextCursor)}`;
    return sendPage(c, consolePage({ title: 'Policies', here: '/settings', main }, visitor));
  });

  pages.on('GET /settings/policies/{program}/{subject}', async (c, visitor) => {
    const { program, subject } = await policyOf(db, c);
    const [versions, inForce] = await Promise.all([
      listPolicyVersions(db, program.id, subject, 0, VERSIONS_MAX),
      findPolicyInForce(db, program.id, subject),
    ]);
    const main = html`<header class="title">
        ${inSettings(['Policies', '/settings/policies'])}
        <h1>${POLICY_SUBJECT[subject]} of ${program.name}</h1>
        ${
          mayUse(visitor.roles, 'GET /settings/policies/{program}/{subject}/new') &&
          html`<div class="actions">
            <a class="button primary" href="${policyPath(program.code, subject)}/new">Write a version…</a>
          </div>`
        }
      </header>
      ${
        versions.length === 0
          ? html`<section class="empty">
              <h2>No policy</h2>
              <p>Nobody has written one, so partners cannot ask. An operator writes the first version.</p>
            </section>`
          : versions.toReversed().map((version) => versionCard(version, inForce, visitor))
      }`;
    return sendPage(c, consolePage({ title: 'Policy', here: '/settings', main }, visitor));
  });

  pages.on('POST /settings/policies/{program}/{subject}/{version}/confirm', async (c, visitor) => {
    const { program, subject } = await policyOf(db, c);
    const number = Number(/^\d{1,9}$/.exec(c.req.param('version') ?? '')?.[0] ?? 0);
    const by = visitor.actorId;
    return sign(c, visitor, {
      act: 'confirm policy',
      subject: `policy/${program.code}/${subject}/${number}`,
      read: async (tx) => {
        const version = await getPolicyVersion(tx, program.id, subject, number);
        const refusal = await findConfirmationRefusal(tx, version, by);
        if (refusal) throw refusal;
        return version;
      },
      content: ({ policy, effectiveFrom, createdBy, confirmedBy }) => ({
        policy: JSON.stringify(policy),
        effectiveFrom: effectiveFrom.toISOString(),
        createdBy,
        confirmedBy,
      }),
      typed: {},
      perform: (tx, signatureId) => confirmPolicyVersion(tx, { program, subject, version: number, by, signatureId }),
      title: 'Confirm this policy?',
      here: '/settings',
      about: ({ policy, createdBy }) =>
        html`<p>${createdBy} wrote it. It pays without a person from the moment you confirm it.</p>
          ${rulesOf(policy.rules)}`,
      button: 'Confirm and sign',
      back: policyPath(program.code, subject),
      answer: () => c.redirect(policyPath(program.code, subject), 303),
    });
  });
}

/** The program and the subject in an address. */
export async function policyOf(db: ApiDeps['db'], c: PageContext) {
  const asked = c.req.param('subject') ?? '';
  const subject = POLICY_SUBJECTS.find((one) => one === asked);
  if (!subject) throw new Failure('not_found', `There is no policy for ${asked}.`);
  return { subject, program: await getProgram(db, c.req.param('program') ?? '') };
}

function stateOf(version: PolicyVersion, inForce: PolicyVersion | null): Html {
  if (version.id === inForce?.id) return tag({ label: 'in force', tone: 'good' });
  if (version.needsConfirmation && version.confirmedBy === null)
    return tag({ label: 'waits for a second person', tone: 'watch' });
  return version.effectiveFrom.getTime() > Date.now()
    ? tag({ label: 'begins later', tone: 'watch' })
    : tag({ label: 'over', tone: 'plain' });
}

const versionCard = (version: PolicyVersion, inForce: PolicyVersion | null, { roles }: Visitor): Html =>
  html`<section class="card">
    <h2>Version ${version.version} ${stateOf(version, inForce)}</h2>
    ${facts([
      ['Counts from', say(version.effectiveFrom)],
      ['Written by', html`${version.createdBy} <small>${say(version.createdAt)}</small>`],
      ...(version.needsConfirmation
        ? [['Confirmed by', version.confirmedBy ?? 'nobody: it decides nothing yet'] as const]
        : []),
    ])}
    ${rulesOf(version.policy.rules)}
    ${
      version.needsConfirmation &&
      version.confirmedBy === null &&
      mayUse(roles, 'POST /settings/policies/{program}/{subject}/{version}/confirm') &&
      html`<form method="post" action="${policyPath(version.program, version.subject)}/${version.version}/confirm">
        <p class="buttons"><button class="primary">Confirm…</button></p>
      </form>`
    }
  </section>`;

export const rulesOf = (rules: readonly Rule[]): Html =>
  html`<ol>
    ${rules.map(
      (rule) =>
        html`<li><strong>${rule.title}</strong>: ${whenOf(rule)} ${decisionOf(rule)} ${protectionOf(rule)}</li>`,
    )}
  </ol>`;

const protectionOf = ({ grants: { protectionDays } }: Rule): Html | false =>
  protectionDays !== undefined && html`<small>It protects the customer for ${countOf(protectionDays, 'day')}.</small>`;

function whenOf({ when }: Rule): string {
  const conditions = Object.entries(when).map(([name, condition]) => {
    if (Array.isArray(condition)) return `${name} is ${condition.join(' or ')}`;
    const { atLeast, atMost } = condition as { atLeast?: string; atMost?: string };
    return [
      atLeast !== undefined && `${name} is at least ${atLeast}`,
      atMost !== undefined && `${name} is at most ${atMost}`,
    ]
      .filter(Boolean)
      .join(' and ');
  });
  return conditions.length === 0 ? 'In every other case,' : `If ${conditions.join(', and ')},`;
}

function decisionOf({ automatic, stages = [] }: Rule): string {
  if (automatic === 'approve') return 'it is approved by the rule alone.';
  if (automatic !== undefined) return `it is declined: ${automatic.decline}`;
  return `${stages.map(stageOf).join('; then ')}.`;
}

const within = ({ days, counted }: Within): string =>
  `within ${countOf(days, counted === 'business' ? 'business day' : 'day')}`;

const stageOf = ({ role, approvals, within: time, escalate, atEnd }: Stage): string =>
  [
    `${countOf(approvals, 'person', 'people')} with the role ${ROLE[role]} must approve ${within(time)}`,
    escalate && `${ROLE[escalate.role]} may answer too ${within(escalate.within)}`,
    `silence ${atEnd === 'decline' ? 'declines' : 'lets it expire'}`,
  ]
    .filter(Boolean)
    .join(', ');
