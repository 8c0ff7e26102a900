import type { World } from './world.ts';

/** A company that pays partners, set up through the API as a user would. */

export const PERIOD_END = '2026-03-01';
export const IN_PERIOD = '2026-02-10T12:00:00Z';

const ADDRESS = { line1: '1 Main Street', city: 'Springfield', region: 'IL', postalCode: '62701', country: 'US' };
const CHECK_ACCOUNT = { accountNumber: '123456789012', routingNumber: '021000021' };
const FIRST_CHECK = 1001;

export type CompanyOptions = {
  minimum?: string;
  percent?: string;
  holdDays?: number;
  approvalsRequired?: number;
  checkGateway?: 'lob' | 'printed-check';
};

export type Company = Awaited<ReturnType<typeof openCompany>>;

/** Four people, one payer with all methods, a monthly schedule in UTC whose runs start by hand, one program and one plan. */
export async function openCompany(world: World, options: CompanyOptions = {}) {
  const {
    minimum = '0.00',
    percent = '10',
    holdDays = 0,
    approvalsRequired = 1,
    checkGateway = 'printed-check',
  } = options;
  const people = {
    operator: await world.person('olga', 'operator'),
    preparer: await world.person('paula', 'preparer'),
    approver: await world.person('anna', 'approver'),
    auditor: await world.person('adam', 'auditor'),
  };
  const { api } = people.operator;
  await api.post('/v1/payers', { code: 'acme', name: 'Acme Inc', country: 'US', currency: 'USD', address: ADDRESS });
  await api.put('/v1/payers/acme/gateways/bank', {
    gateway: 'wise',
    accountRef: 'Wise',
    settings: { profileId: '1001' },
  });
  await api.put('/v1/payers/acme/gateways/paypal', { gateway: 'paypal', accountRef: 'PayPal', settings: {} });
  await api.put('/v1/payers/acme/gateways/check', await checkSettings(world, checkGateway));
  await api.post('/v1/schedules', {
    code: 'monthly',
    payer: 'acme',
    frequency: 'monthly',
    zone: 'UTC',
    scheduled: false,
    approvalsRequired,
    minimums: [{ currency: 'USD', amount: minimum }],
  });
  await api.post('/v1/programs', { code: 'resale', name: 'Resale', schedule: 'monthly' });
  await api.post('/v1/programs/resale/plans', {
    code: 'standard',
    terms: { holdDays, rounding: 'half-even', incentives: [{ id: 'commission', rule: 'percent', percent }] },
  });
  return { ...people, world };
}

export async function checkSettings(world: World, gateway: 'lob' | 'printed-check') {
  if (gateway === 'printed-check')
    return {
      gateway,
      accountRef: 'checking ...9012',
      settings: { ...CHECK_ACCOUNT, bankName: 'First Bank' },
      checkNumberNext: FIRST_CHECK,
    };
  const lobBankAccountId = await openLobAccount(world);
  const from = { name: 'Acme Inc', ...ADDRESS };
  const settings = { lobBankAccountId, bankAccount: CHECK_ACCOUNT, from };
  return { gateway, accountRef: 'checking ...9012', settings, checkNumberNext: FIRST_CHECK };
}

async function openLobAccount({ sandbox }: World): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${sandbox.secrets.lob.key}:`).toString('base64')}`;
  const call = async (path: string, body: object): Promise<{ id: string }> => {
    const response = await fetch(`${sandbox.lob.url}/v1${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string };
  };
  const account = {
    routing_number: CHECK_ACCOUNT.routingNumber,
    account_number: CHECK_ACCOUNT.accountNumber,
    account_type: 'company',
    signatory: 'Anna Approver',
  };
  const { id } = await call('/bank_accounts', account);
  await call(`/bank_accounts/${id}/verify`, { amounts: [11, 35] });
  return id;
}

export type PartnerWish = { code: string; method: 'bank' | 'paypal' | 'check'; holder?: string; receiver?: string };

/** Partners of the program, each with one instrument. */
export const addPartners = (company: Company, wishes: readonly PartnerWish[]) =>
  company.operator.api.post('/v1/partners/batch', {
    partners: wishes.map((wish) => ({
      code: wish.code,
      name: `Partner ${wish.code}`,
      kind: 'reseller',
      country: 'US',
      email: `${wish.code}@example.test`,
      agreements: [{ program: 'resale', plan: 'standard', startsOn: '2020-01-01' }],
      instrument: instrumentFor(wish),
    })),
  });

export function instrumentFor({
  code,
  method,
  holder = `Holder ${code}`,
  receiver = `${code}@example.test`,
}: PartnerWish) {
  if (method === 'paypal') return { method, receiver };
  if (method === 'check') return { method, payee: holder, address: ADDRESS };
  const details = {
    type: 'aba',
    abartn: '021000021',
    accountNumber: '12345678',
    accountType: 'CHECKING',
    'address.city': 'Reno',
  };
  return { method, holder, currency: 'USD', country: 'US', details };
}

export type SaleWish = { id: string; partner: string; amount: string; occurredAt?: string };

export const sale = ({ id, partner, amount, occurredAt = IN_PERIOD }: SaleWish) => ({
  source: 'shop',
  id,
  program: 'resale',
  partner,
  kind: 'sale',
  occurredAt,
  currency: 'USD',
  amount,
});

export const sendEvents = (company: Company, events: readonly object[]) =>
  company.operator.api.post<{ results: { id: string; status: string }[] }>('/v1/events', { events });
