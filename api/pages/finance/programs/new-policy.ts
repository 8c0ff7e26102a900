import { z } from 'zod';

import { addPolicyVersion } from '../../../../commands/programs/policies.ts';
import { getSchedule } from '../../../../db/payers/schedules.ts';
import { listPolicyVersions } from '../../../../db/programs/policies.ts';
import { startOfDay } from '../../../../domain/calendar.ts';
import type { Policy } from '../../../../domain/policy.ts';
import { paysAlone, POLICY_OF, type PolicySubject } from '../../../../domain/programs/policies.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { LocalDate } from '../../../http/schemas.ts';
import type { FieldWish, Filled } from '../../form.ts';
import { formatDay } from '../../format.ts';
import { defineSignedForm, formCard, readFields } from '../../form-page.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { POLICY_SUBJECT } from '../../words.ts';
import { inSettings } from '../people/settings.ts';
import { demandJson, onLines } from './json-draft.ts';
import { policyOf, policyPath, rulesOf } from './policies.ts';

const VERSIONS_MAX = 200;
const NewVersion = z.object({ policy: z.string(), effectiveFrom: LocalDate.optional() });

const stage = (role: 'preparer' | 'approver') =>
  ({ role, approvals: 1, within: { days: 3, counted: 'business' }, atEnd: 'expire' }) as const;
const byPeople = { title: 'All', when: {}, grants: {}, stages: [stage('preparer')] };

/** The text with which somebody begins where there is no version yet: people decide everything. */
export const FIRST_POLICY: Readonly<Record<PolicySubject, Policy>> = {
  deal: { rules: [{ ...byPeople, grants: { protectionDays: 90 } }] },
  request: { rules: [byPeople] },
  claim: { rules: [{ ...byPeople, stages: [stage('preparer'), stage('approver')] }] },
};

const fieldsIn = (zone: string): FieldWish[] => [
  { name: 'policy', label: 'Policy, as JSON', long: 'code', required: true },
  {
    name: 'effectiveFrom',
    label: 'Counts from',
    help: `The day begins in ${zone}. Without a day, it counts at once. Earlier questions keep their version.`,
    type: 'date',
  },
];

/** An operator writes a version of a policy, and signs it. One that pays without a person waits for an approver. */
export function newPolicyPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;

  defineSignedForm(deps, pages, {
    show: 'GET /settings/policies/{program}/{subject}/new',
    send: 'POST /settings/policies/{program}/{subject}/new',
    here: '/settings',
    names: ['policy', 'effectiveFrom'],
    async draw(c, { values, objections }) {
      const { program, subject } = await policyOf(db, c);
      const [{ zone }, versions] = await Promise.all([
        getSchedule(db, program.schedule),
        listPolicyVersions(db, program.id, subject, 0, VERSIONS_MAX),
      ]);
      const before = versions.at(-1)?.policy ?? FIRST_POLICY[subject];
      const text = values['policy'] || JSON.stringify(before, null, 2);
      const path = policyPath(program.code, subject);
      const form = { action: `${path}/new`, fields: fieldsIn(zone), button: 'Go on', back: path };
      const filled: Filled = {
        values: { ...values, policy: text },
        ...(objections && { objections: onLines(text, 'policy', objections) }),
      };
      const main = html`<header class="title">
          ${inSettings(['Policies', '/settings/policies'], [`${POLICY_SUBJECT[subject]} of ${program.name}`, path])}
          <h1>Write a version</h1>
          <p>
            The first rule that fits decides, and the last one has no conditions. Next you read the rules in words,
            before anything counts.
          </p>
        </header>
        ${formCard(form, filled)}`;
      return { title: 'Write a policy', here: '/settings', main };
    },
    async ask(c, values, { actorId }) {
      const { program, subject } = await policyOf(db, c);
      const { policy: text, effectiveFrom: day } = readFields(NewVersion, values);
      const policy = demandJson(text, POLICY_OF[subject], 'policy');
      const { zone } = await getSchedule(db, program.schedule);
      const effectiveFrom = day === undefined ? null : new Date(startOfDay(day, zone));
      const by = { by: actorId, nowMs: Date.now() };
      return {
        act: 'write policy',
        subject: `policy/${program.code}/${subject}`,
        read: async (tx) => (await listPolicyVersions(tx, program.id, subject, 0, VERSIONS_MAX)).length,
        content: (versions) => ({ versions }),
        perform: (tx, signatureId) =>
          addPolicyVersion(tx, program, { subject, policy, effectiveFrom }, { ...by, signatureId }),
        title: 'Write this policy?',
        about: () =>
          html`<p>
              It decides the ${POLICY_SUBJECT[subject].toLowerCase()} of ${program.name}, and counts
              ${day === undefined ? 'at once' : `from ${formatDay(day)} on`}.
              ${paysAlone(subject, policy) && 'It pays without a person, so it decides nothing before an approver has confirmed it.'}
            </p>
            ${rulesOf(policy.rules)}`,
        button: 'Write and sign',
        answer: () => policyPath(program.code, subject),
      };
    },
  });
}
