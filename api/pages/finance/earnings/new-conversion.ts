import { proposeConversion } from '../../../../commands/earnings/conversions.ts';
import { listPointsBalances } from '../../../../db/earnings/points-balances.ts';
import { CURRENCY_CODES } from '../../../../domain/currency.ts';
import { money, parseDecimal } from '../../../../domain/money.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { NewConversionBody } from '../../../routes/earnings/conversions.ts';
import { facts } from '../../components.ts';
import type { FieldWish } from '../../form.ts';
import { defineSignedForm, formCard, readFields } from '../../form-page.ts';
import { formatAmount, sayAmount } from '../../format.ts';
import type { definePages } from '../../guard.ts';
import { html } from '../../html.ts';
import { formHead, partnerOf, partnerPath } from '../partners/address.ts';

/** A person proposes to turn points of a partner into money, and signs it. Another one decides. */
export function newConversionPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db } = deps;

  defineSignedForm(deps, pages, {
    show: 'GET /partners/{code}/new-conversion',
    send: 'POST /partners/{code}/new-conversion',
    here: '/partners',
    names: ['unit', 'amount', 'currency', 'reason'],
    async draw(c, filled) {
      const partner = await partnerOf(db, c);
      const balances = await listPointsBalances(db, partner.id);
      const path = partnerPath(partner.code);
      const fields: FieldWish[] = [
        {
          name: 'unit',
          label: 'Points',
          choices: balances.map(({ unit, name, availableMinor }) => ({
            value: unit,
            label: `${name}: ${formatAmount({ minor: availableMinor, currency: unit })} available`,
          })),
          required: true,
        },
        { name: 'amount', label: 'How many', help: 'Points that make no whole cent stay points.', required: true },
        {
          name: 'currency',
          label: 'Currency',
          choices: CURRENCY_CODES.map((value) => ({ value, label: value })),
          required: true,
        },
        { name: 'reason', label: 'Reason', required: true, lengthMax: 500 },
      ];
      const about = 'The rate of today counts. Nothing moves before another person confirms it.';
      const form = { action: `${path}/new-conversion`, fields, button: 'Go on', back: path };
      const main = html`${formHead(partner, 'Turn points into money', about)} ${formCard(form, filled)}`;
      return { title: 'Turn points into money', here: '/partners', main };
    },
    async ask(c, values, { actorId: by }) {
      const partner = await partnerOf(db, c);
      const { unit, amount, currency, reason } = readFields(NewConversionBody, values);
      const { minor } = parseDecimal(amount, unit);
      return {
        act: 'propose conversion',
        subject: `partner/${partner.code}`,
        read: async () => null,
        content: () => null,
        perform: (tx, signatureId) =>
          proposeConversion(tx, { partnerId: partner.id, unit, minor, currency, reason, by, signatureId }),
        title: 'Propose this conversion?',
        about: () =>
          html`${facts([
              ['Partner', partner.name],
              ['Points', sayAmount(money(minor, unit))],
              ['Become', currency],
              ['Reason', reason],
            ])}
            <p>Nothing moves before another person confirms it.</p>`,
        button: 'Propose and sign',
        answer: ({ id }) => `/earnings/conversions/${id}`,
      };
    },
  });
}
