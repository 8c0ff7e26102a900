import { z } from 'zod';
import { formHead, partnerOf, partnerPath } from './address.ts';

import { addAgreement, changeAgreement, withdrawAgreement } from '../../../../commands/partners/agreements.ts';
import { getAgreement, listPlanNames } from '../../../../db/partners/agreements.ts';
import { listPlanChoices } from '../../../../db/programs/plan-choices.ts';
import { Failure, refused } from '../../../../domain/errors.ts';
import { Code } from '../../../../domain/fields.ts';
import { newestPeriod } from '../../../../domain/partners/agreement.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { LocalDate, Reason } from '../../../http/schemas.ts';
import { askReason } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineForm, formCard, readFields } from '../../form-page.ts';
import { type definePages, type PageContext, readReason } from '../../guard.ts';
import { html } from '../../html.ts';

const PLANS_MAX = 1000;

const New = z.object({
  terms: z.string(),
  startsOn: LocalDate,
  endsOn: LocalDate.optional(),
  reason: Reason.optional(),
});
const Change = z.object({
  startsOn: LocalDate,
  endsOn: LocalDate.optional(),
  plan: Code,
  from: LocalDate.optional(),
  reason: Reason,
});

const REASON: FieldWish = { name: 'reason', label: 'Reason', lengthMax: 500 };
const STARTS: FieldWish = { name: 'startsOn', label: 'First day', type: 'date', required: true };
const ENDS: FieldWish = {
  name: 'endsOn',
  label: 'First day after',
  type: 'date',
  help: 'Leave it empty if there is no end.',
};
/** A program and a plan of it in one choice. Codes have no spaces. */
const SEPARATOR = ' ';

/** The agreements of a partner: new ones, and changes of the newest period. */
export function partnerAgreementPages({ db }: ApiDeps, pages: ReturnType<typeof definePages>): void {
  defineForm(pages, {
    show: 'GET /partners/{code}/agreements',
    send: 'POST /partners/{code}/agreements',
    names: ['terms', 'startsOn', 'endsOn', 'reason'],
    async draw(c, filled) {
      const [partner, plans] = await Promise.all([partnerOf(db, c), listPlanChoices(db, PLANS_MAX)]);
      const fields: FieldWish[] = [
        {
          name: 'terms',
          label: 'Program and plan',
          choices: plans.map(({ program, name, plan }) => ({
            value: `${program}${SEPARATOR}${plan}`,
            label: `${name}: ${plan}`,
          })),
          required: true,
        },
        STARTS,
        ENDS,
        REASON,
      ];
      const path = partnerPath(partner.code);
      const form = { action: `${path}/agreements`, fields, button: 'Add', back: path };
      const main = html`${formHead(partner, 'Add an agreement', 'The partner earns by the plan of each day.')}
      ${formCard(form, filled)}`;
      return { title: 'Add an agreement', here: '/partners', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const { terms, endsOn = null, ...wish } = readFields(New, values);
      if (endsOn !== null && endsOn <= wish.startsOn) throw refused('endsOn', 'is not after the first day');
      const [program = '', plan = ''] = terms.split(SEPARATOR);
      await named('terms', () => addAgreement(db, { ...wish, partner: code, program, plan, endsOn }, actorId));
      return partnerPath(code);
    },
  });

  defineForm(pages, {
    show: 'GET /partners/{code}/agreements/{program}',
    send: 'POST /partners/{code}/agreements/{program}',
    names: ['startsOn', 'endsOn', 'plan', 'from', 'reason'],
    async draw(c, filled) {
      const partner = await partnerOf(db, c);
      const program = programOf(c);
      const period = newestPeriod((await getAgreement(db, partner.code, program)).terms);
      if (!period) throw new Error('The database returned an agreement without terms.');
      const plans = (await listPlanNames(db, [program])).map(({ plan }) => ({ value: plan, label: plan }));
      const fields: FieldWish[] = [
        STARTS,
        ENDS,
        { name: 'plan', label: 'Plan', choices: plans, required: true },
        {
          name: 'from',
          label: 'First day of another plan',
          type: 'date',
          help: 'If the plan changes. Leave it empty for today.',
        },
        { ...REASON, required: true },
      ];
      const values = filled.objections
        ? filled.values
        : { startsOn: period.from, endsOn: period.until ?? '', plan: period.plan };
      const path = partnerPath(partner.code);
      const action = `${path}/agreements/${encodeURIComponent(program)}`;
      const main = html`${formHead(partner, `Change the agreement in ${program}`, 'The newest period changes. Earlier earnings stay as they are.')}
        ${formCard({ action, fields, button: 'Change', back: path }, { ...filled, values })}
        <div class="actions">
          ${askReason({
            id: 'withdraw',
            action: `${action}/withdraw`,
            button: 'Take back',
            title: 'Take back the newest period?',
            about: 'It is as if it had never been added. Earlier periods and all earnings stay.',
          })}
        </div>`;
      return { title: 'Change an agreement', here: '/partners', main };
    },
    async act(c, values, { actorId }) {
      const { code } = await partnerOf(db, c);
      const program = programOf(c);
      const period = newestPeriod((await getAgreement(db, code, program)).terms);
      const { startsOn, endsOn = null, plan, from, reason } = readFields(Change, values);
      const moves = plan === period?.plan ? {} : { plan, from };
      const change = { startsOn, endsOn, ...moves, reason };
      await changeAgreement(db, { partner: code, program }, change, { nowMs: Date.now(), by: actorId });
      return partnerPath(code);
    },
  });

  pages.on('POST /partners/{code}/agreements/{program}/withdraw', async (c, { actorId }) => {
    const { code } = await partnerOf(db, c);
    await withdrawAgreement(db, { partner: code, program: programOf(c) }, { reason: await readReason(c), by: actorId });
    return c.redirect(partnerPath(code), 303);
  });
}

function programOf(c: PageContext): string {
  const program = c.req.param('program') ?? '';
  if (Code.safeParse(program).success) return program;
  throw new Failure('not_found', `There is no program ${program}.`);
}

/** Moves the objections to a program or a plan to the one field that chooses both. */
async function named<Result>(field: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const details = error.details.map((detail) =>
      detail.field === 'program' || detail.field === 'plan' ? { ...detail, field } : detail,
    );
    throw new Failure(error.code, error.message, { details });
  }
}
