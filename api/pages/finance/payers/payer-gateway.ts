import { refuseWrongSettings, setPayerGateway } from '../../../../commands/payers/set-gateway.ts';
import { getPayer, listPayerGateways } from '../../../../db/payers/payers.ts';
import { fingerprint } from '../../../../db/vault.ts';
import { canonicalJson } from '../../../../domain/canonical.ts';
import { Failure } from '../../../../domain/errors.ts';
import { type GatewayName, GATEWAYS_FOR, type Method, METHOD_NAMES, METHODS } from '../../../../domain/rails.ts';
import type { ApiDeps } from '../../../http/deps.ts';
import { gatewayWishOf, NewGatewayBody } from '../../../routes/payers/payers.ts';
import { facts } from '../../components.ts';
import { type FieldWish, type Filled, nested } from '../../form.ts';
import { defineSignedForm, formCard, readBody, withNumbers } from '../../form-page.ts';
import type { definePages, PageContext } from '../../guard.ts';
import { html } from '../../html.ts';
import { GATEWAY, METHOD } from '../../words.ts';
import { inSettings } from '../people/settings.ts';
import { addressFields } from './address-fields.ts';
import { gatewayOf } from './gateways.ts';
import { payerPath } from './payers.ts';

const ACCOUNT: FieldWish = {
  name: 'accountRef',
  label: 'Name of the account',
  help: 'As runs and lists show it, with at most four digits of its number in a row',
  required: true,
  lengthMax: 60,
};
const NUMBERS: readonly FieldWish[] = [
  {
    name: 'checkNumberNext',
    label: 'Number of the first check',
    help: 'An account that is known already continues with its next number.',
    required: true,
    lengthMax: 10,
  },
  {
    name: 'dormancyYears',
    label: 'Years until a check that nobody cashes is presumed abandoned',
    help: 'Without it, 3',
    lengthMax: 2,
  },
];
const accountNumber = (name: string): FieldWish => ({
  name,
  label: 'Account number',
  help: '4 to 17 digits. It is sealed in the vault.',
  required: true,
  lengthMax: 17,
});
const routingNumber = (name: string, required: boolean): FieldWish => ({
  name,
  label: 'ABA routing number',
  help: 'Nine digits. A payer in the US needs it.',
  required: required || 'sometimes',
  lengthMax: 9,
});

const FIELDS: Record<GatewayName, readonly FieldWish[]> = {
  wise: [
    ACCOUNT,
    { name: 'settings.profileId', label: 'Id of the Wise business profile', help: 'Digits', required: true },
    {
      name: 'settings.funding',
      label: 'Transfers are paid',
      choices: [
        { value: 'balance', label: 'by Bursar, from the Wise balance' },
        { value: 'person', label: 'by a person in Wise, each one' },
      ],
      always: true,
      required: true,
    },
    {
      name: 'settings.transferFields',
      label: 'Answers to what Wise asks about a transfer',
      help: 'One a line: a currency or any, the field and the answer, such as BRL transferNature CURRENT_ACCOUNT_SERVICES',
      long: true,
    },
  ],
  paypal: [ACCOUNT],
  lob: [
    ACCOUNT,
    {
      name: 'settings.lobBankAccountId',
      label: "Lob's id of the bank account",
      help: 'It begins with bank_. Verify the account at Lob first.',
      required: true,
    },
    accountNumber('settings.bankAccount.accountNumber'),
    routingNumber('settings.bankAccount.routingNumber', true),
    { name: 'settings.from.name', label: 'Sender on the check', required: true, lengthMax: 40 },
    ...addressFields('settings.from'),
    ...NUMBERS,
  ],
  'printed-check': [
    ACCOUNT,
    accountNumber('settings.accountNumber'),
    routingNumber('settings.routingNumber', false),
    { name: 'settings.bankName', label: 'Name of the bank, as it is printed', required: true },
    ...NUMBERS,
  ],
};
const NAMES = [...new Set(Object.values(FIELDS).flatMap((fields) => fields.map(({ name }) => name)))];

const methodOf = (gateway: GatewayName): Method =>
  METHODS.find((method) => GATEWAYS_FOR[method].includes(gateway)) ?? 'bank';

/** Operators say which gateway carries a method of a payer, and from which account. They sign it, because money leaves from there. */
export function payerGatewayPages(deps: ApiDeps, pages: ReturnType<typeof definePages>): void {
  const { db, vault } = deps;
  const payerOf = (c: PageContext) => getPayer(db, c.req.param('code') ?? '');

  defineSignedForm(deps, pages, {
    show: 'GET /settings/payers/{code}/gateways/{gateway}',
    send: 'POST /settings/payers/{code}/gateways/{gateway}',
    here: '/settings',
    names: NAMES,
    secrets: NAMES.filter((name) => name.endsWith('ccountNumber')),
    async draw(c, filled) {
      const [payer, gateway] = [await payerOf(c), gatewayOf(c)];
      const path = payerPath(payer.code);
      const form = {
        action: `${path}/gateways/${gateway}`,
        fields: FIELDS[gateway],
        button: 'Go on',
        back: path,
      };
      const main = html`<header class="title">
          ${inSettings(['Payers and gateways', '/settings/payers'], [payer.name, path])}
          <h1>Pay by ${METHOD_NAMES[methodOf(gateway)]} with ${GATEWAY[gateway]}</h1>
          <p>
            It takes the place of the gateway by which ${payer.name} pays in this way now. Settings are sealed, and
            nobody sees them again. So fill in all of them.
          </p>
        </header>
        ${formCard(form, onForm(filled))}`;
      return { title: 'Set a gateway', here: '/settings', main };
    },
    async ask(c, values, { actorId }) {
      const [payer, gateway] = [await payerOf(c), gatewayOf(c)];
      const method = methodOf(gateway);
      const body = bodyOf(gateway, values);
      const wish = gatewayWishOf(method, body);
      refuseWrongSettings(payer, wish);
      const seal = fingerprint(vault, `payer-gateway/${canonicalJson(body.settings)}`).toString('hex');
      return {
        act: 'set gateway',
        subject: `payer/${payer.code}`,
        read: async (tx) => (await listPayerGateways(tx, payer.id)).find((one) => one.method === method),
        content: (now) => ({ method, now: now ? { gateway: now.gateway, accountRef: now.accountRef } : null, seal }),
        perform: (tx, signatureId) => setPayerGateway(tx, vault, payer, wish, { by: actorId, signatureId }),
        title: 'Pay from this account?',
        about: (now) =>
          html`${facts([
              ['Payer', payer.name],
              ['Method', METHOD[method]],
              ['Now', now ? `${GATEWAY[now.gateway]}, ${now.accountRef}` : 'nothing'],
              ['From now on', `${GATEWAY[gateway]}, ${wish.accountRef}`],
            ])}
            <p>Payouts by this method leave from the new account, beginning with the next draft.</p>`,
        button: 'Set and sign',
        answer: () => payerPath(payer.code),
      };
    },
  });
}

/** The content of the form as the API takes it. Throws Failure `invalid_input`, which names each wrong field. */
function bodyOf(gateway: GatewayName, values: Filled['values']) {
  const missing = FIELDS[gateway].filter(({ name, required }) => required === true && !values[name]?.trim());
  if (missing.length > 0)
    throw new Failure('invalid_input', 'Nothing was done: a field is missing.', {
      details: missing.map(({ name }) => ({ field: name, reason: 'is missing' })),
    });
  const own = FIELDS[gateway].map(({ name }) => [name, values[name] ?? ''] as const);
  const said = nested(withNumbers(Object.fromEntries(own), 'checkNumberNext', 'dormancyYears'));
  return readBody(NewGatewayBody, { ...said, gateway, settings: withAnswers(said['settings'] ?? {}) });
}

/** Reads the lines about transfers of Wise. A line that lacks a part is one that no gateway accepts. */
function withAnswers(settings: object): object {
  if (!('transferFields' in settings)) return settings;
  const answers: Record<string, Record<string, string>> = {};
  for (const line of String(settings.transferFields)
    .split('\n')
    .filter((one) => one.trim() !== '')) {
    const [currency = '', name = '', ...answer] = line.trim().split(/\s+/);
    answers[currency] = { ...answers[currency], [name]: answer.join(' ') };
  }
  return { ...settings, transferFields: answers };
}

/** Objections to one line of a field with several lines stand next to that field. */
const onForm = ({ objections, ...filled }: Filled): Filled => ({
  ...filled,
  ...(objections && {
    objections: objections.map(({ field, reason }) =>
      field.startsWith(`${LINES}.`)
        ? { field: LINES, reason: `(${field.slice(LINES.length + 1)}) ${reason}` }
        : { field, reason },
    ),
  }),
});
const LINES = 'settings.transferFields';
