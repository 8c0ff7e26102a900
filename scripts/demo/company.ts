import type { Method } from '../../domain/rails.ts';
import type { ApiClient, Body } from '../client.ts';
import type { Deployment } from './deployment.ts';
import { type DemoCurrency, type MadeUpPartner, partnerBody, planFor, type ProgramCode } from './made-up-partners.ts';

/** Two invented payers with everything that they need to pay. Goods prints its own checks, and Lob prints those of Media. */
export const GOODS_SCHEDULE = 'goods-monthly';
export const MEDIA_SCHEDULE = 'media-monthly';
export const ZONE = 'America/New_York';

const ADDRESS = { line1: '1 Harbor Way', city: 'Boston', region: 'MA', postalCode: '02110', country: 'US' } as const;
const ROUTING_NUMBER = '021000021';
const GOODS_ACCOUNT = '123456789012';
const MEDIA_ACCOUNT = '210987654321';
const PAYERS = { goods: 'Harbor Goods Inc', media: 'Harbor Media LLC' };
type PayerCode = keyof typeof PAYERS;
type PayerGateway = Body<'put', '/v1/payers/{code}/gateways/{method}'>;
type Terms = Body<'post', '/v1/programs/{code}/plans'>['terms'];

const SCHEDULES: Record<PayerCode, string> = { goods: GOODS_SCHEDULE, media: MEDIA_SCHEDULE };

/** The lowest amounts that are paid. */
export const MINIMUMS = [
  { currency: 'USD', amount: '25.00' },
  { currency: 'EUR', amount: '25.00' },
  { currency: 'GBP', amount: '20.00' },
] as const;

/** Sets up payers, schedules, programs and plans as an operator would, call by call. */
export async function setUpCompanies(deployment: Deployment): Promise<void> {
  const { api } = deployment.people.operator;
  for (const payer of ['goods', 'media'] as const) {
    await api.post('/v1/payers', {
      body: { code: payer, name: PAYERS[payer], country: 'US', currency: 'USD', address: ADDRESS },
    });
    await setMethods(deployment, payer);
    const rhythm = { frequency: 'monthly', zone: ZONE, scheduled: payer === 'goods' } as const;
    await api.post('/v1/schedules', { body: { code: SCHEDULES[payer], payer, ...rhythm, minimums: [...MINIMUMS] } });
  }
  await addProgram(api, 'affiliates', GOODS_SCHEDULE, ['USD', 'EUR', 'GBP']);
  await addProgram(api, 'resellers', GOODS_SCHEDULE, ['USD', 'EUR', 'GBP']);
  await addProgram(api, 'referrals', MEDIA_SCHEDULE, ['USD']);
}

async function setMethods(deployment: Deployment, payer: PayerCode): Promise<void> {
  const { api } = deployment.people.operator;
  const set = (method: Method, body: PayerGateway) =>
    api.put('/v1/payers/{code}/gateways/{method}', { params: { path: { code: payer, method } }, body });
  await set('bank', { gateway: 'wise', accountRef: 'Wise business', settings: { profileId: '1001' } });
  await set('paypal', { gateway: 'paypal', accountRef: 'PayPal business', settings: {} });
  await set('check', payer === 'goods' ? GOODS_CHECKS : await lobChecks(deployment));
}

const GOODS_CHECKS: PayerGateway = {
  gateway: 'printed-check',
  accountRef: 'checking ...9012',
  settings: { accountNumber: GOODS_ACCOUNT, routingNumber: ROUTING_NUMBER, bankName: 'First Harbor Bank' },
  checkNumberNext: 1001,
};

/** Lob draws checks on a bank account that was verified with Lob. The verification happens on Lob's side. */
async function lobChecks({ stack }: Deployment): Promise<PayerGateway> {
  const { LOB_BASE_URL = '', LOB_API_KEY = '' } = stack.environment;
  const authorization = `Basic ${Buffer.from(`${LOB_API_KEY}:`).toString('base64')}`;
  const ask = async (path: string, body: object): Promise<{ id: string }> => {
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(`${LOB_BASE_URL}/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`Lob answered ${response.status} to ${path}: ${await response.text()}`);
    return (await response.json()) as { id: string };
  };
  const account = { routing_number: ROUTING_NUMBER, account_number: MEDIA_ACCOUNT };
  const { id } = await ask('/bank_accounts', { ...account, account_type: 'company', signatory: 'Mia Media' });
  await ask(`/bank_accounts/${id}/verify`, { amounts: [11, 35] });
  return {
    gateway: 'lob',
    accountRef: 'checking ...4321',
    settings: {
      lobBankAccountId: id,
      bankAccount: { accountNumber: MEDIA_ACCOUNT, routingNumber: ROUTING_NUMBER },
      from: { name: PAYERS.media, ...ADDRESS },
    },
    checkNumberNext: 5001,
  };
}

async function addProgram(api: ApiClient, code: ProgramCode, schedule: string, currencies: readonly DemoCurrency[]) {
  await api.post('/v1/programs', { body: { code, name: `Harbor ${code}`, schedule } });
  for (const currency of currencies)
    await api.post('/v1/programs/{code}/plans', {
      params: { path: { code } },
      body: { code: planFor(currency), terms: TERMS[code](currency) },
    });
}

const signUps = (currency: DemoCurrency): Terms['incentives'][number] => ({
  id: 'sign-up',
  when: { kinds: ['sign_up'] },
  measure: 'quantity',
  pay: { rule: 'flat', amount: '5.00' },
  unit: currency,
});

/** A percentage and a reward; marginal tiers; a cliff. */
const TERMS: Record<ProgramCode, (currency: DemoCurrency) => Terms> = {
  affiliates: (currency) => ({
    holdDays: 10,
    rounding: 'half-even',
    incentives: [{ id: 'commission', pay: { rule: 'percent', percent: '12.5' } }, signUps(currency)],
  }),
  resellers: (currency) => ({
    holdDays: 5,
    rounding: 'half-even',
    incentives: [
      {
        id: 'volume',
        window: 'month',
        unit: currency,
        pay: {
          rule: 'steps',
          mode: 'marginal',
          steps: [
            { from: '0', percent: '8' },
            { from: '2000', percent: '10' },
            { from: '10000', percent: '12.25' },
          ],
        },
      },
    ],
  }),
  referrals: (currency) => ({
    holdDays: 0,
    rounding: 'half-even',
    incentives: [
      {
        id: 'level',
        window: 'quarter',
        unit: currency,
        pay: {
          rule: 'steps',
          mode: 'cliff',
          steps: [
            { from: '0', percent: '5' },
            { from: '5000', percent: '7.5' },
          ],
        },
      },
      signUps(currency),
    ],
  }),
};

const PARTNERS_PER_CALL = 200;

/** Adds the partners, and puts the partner with that fate on hold. */
export async function addPartners(api: ApiClient, partners: readonly MadeUpPartner[]): Promise<void> {
  for (let from = 0; from < partners.length; from += PARTNERS_PER_CALL)
    await api.post('/v1/partners/batch', {
      body: { partners: partners.slice(from, from + PARTNERS_PER_CALL).map(partnerBody) },
    });
  for (const { code, fate } of partners)
    if (fate === 'on hold')
      await api.post('/v1/partners/{code}/hold', {
        params: { path: { code } },
        body: { reason: 'A question about the last invoice' },
      });
}
