import { type Context, Hono } from 'hono';

import type { HttpEnv } from '../faults.ts';
import { textOf } from '../json.ts';
import { CANCELLABLE, showTransfer, SIMULATED_FROM, type Transfer } from './transfer.ts';
import { costOf, isRefusal, type Transfers } from './transfers.ts';
import { answer, bodyOf, complaint, exact, exactMinor } from './wire.ts';

const LIST_MAX = 100;

const missing = (c: Context) => answer(c, complaint('transfer.not-found', 'There is no such transfer'), 404);

/** The body of every response to funding, whether accepted or rejected. */
export const funding = (errorCode: string | null, id = '') => ({
  type: 'BALANCE',
  status: errorCode ? 'REJECTED' : 'COMPLETED',
  errorCode,
  ...(errorCode ? { errorMessage: `Funding was refused: ${errorCode}` } : { balanceTransactionId: exact(id) }),
});

/** Reads Wise's list filters: profile, states and creation time. */
function filterOf(c: Context): (transfer: Transfer) => boolean {
  const { profile, status, createdDateStart: start, createdDateEnd: end } = c.req.query();
  const states = status?.split(',');
  const from = start ? Date.parse(start) : -Infinity;
  const to = end ? Date.parse(end) : Infinity;
  return (transfer) => {
    const created = Date.parse(transfer.createdAt);
    const isWanted = (!profile || transfer.profile === profile) && (!states || states.includes(transfer.state));
    return isWanted && created >= from && created <= to;
  };
}

/** A payment that was taken for a transfer. As at Wise, it has no status: the row itself says that it was taken. */
const showPayment = (transfer: Transfer) => ({
  id: exact(transfer.id),
  method: 'BALANCE',
  pricingVariant: null,
  amount: exactMinor(costOf(transfer), transfer.sourceCurrency),
  currency: transfer.sourceCurrency,
  timeCreated: transfer.createdAt,
  timeUpdated: transfer.createdAt,
});

/** The values that Wise allows for a field, as in its documents. */
const ALLOWED: Record<string, readonly { key: string; name: string }[]> = {
  transferPurpose: [{ key: 'verification.transfers.purpose.pay.bills', name: 'Paying bills' }],
  sourceOfFunds: [{ key: 'verification.source.of.funds.business.income', name: 'Business income' }],
};

/** One field of Wise's form for a transfer. */
const requirement = (key: string, more: object) => ({
  name: key,
  group: [
    {
      key,
      name: key,
      required: false,
      refreshRequirementsOnChange: false,
      displayFormat: null,
      example: null,
      minLength: null,
      maxLength: null,
      validationRegexp: null,
      validationAsync: null,
      valuesAllowed: null,
      ...more,
    },
  ],
});

/** Creates, funds, reads and cancels single transfers. */
export function transferRoutes(transfers: Transfers) {
  const app = new Hono<HttpEnv>();

  app.post('/transfers', async (c) => {
    const made = transfers.create(await bodyOf(c));
    return isRefusal(made) ? answer(c, made.refusal, made.status) : answer(c, showTransfer(made.transfer));
  });

  app.get('/transfers', (c) => {
    const offset = Number(c.req.query('offset') ?? 0) || 0;
    const limit = Math.min(Number(c.req.query('limit') ?? 10) || 10, LIST_MAX);
    const rows = [...transfers.all()].toReversed().filter(filterOf(c));
    return answer(c, rows.slice(offset, offset + limit).map(showTransfer));
  });

  app.get('/transfers/:id', (c) => {
    const transfer = transfers.get(c.req.param('id'));
    return transfer ? answer(c, showTransfer(transfer)) : missing(c);
  });

  app.get('/transfers/:id/payments', (c) => {
    const transfer = transfers.get(c.req.param('id'));
    return transfer ? answer(c, transfer.isFunded ? [showPayment(transfer)] : []) : missing(c);
  });

  app.put('/transfers/:id/cancel', (c) => {
    const transfer = transfers.get(c.req.param('id'));
    if (!transfer) return missing(c);
    if (!CANCELLABLE.includes(transfer.state))
      return answer(c, complaint('transfer.cancellation.not.allowed', `The transfer is ${transfer.state}`), 409);
    return answer(c, showTransfer(transfers.cancel(transfer)));
  });

  app.post('/profiles/:profile/transfers/:id/payments', async (c) => {
    const transfer = transfers.get(c.req.param('id'));
    const body = await bodyOf(c);
    if (!transfer || transfer.profile !== c.req.param('profile')) return missing(c);
    if (body['type'] !== 'BALANCE') return answer(c, complaint('NOT_VALID', 'type must be BALANCE', 'type'), 422);
    if (transfer.isFunded || transfer.batchId || transfer.state !== 'incoming_payment_waiting')
      return answer(c, funding('transfer.invalid-state'), 422);
    if (!transfers.canAfford([transfer])) return answer(c, funding('transfer.insufficient_funds'));
    return answer(c, funding(null, transfers.fund(transfer).id));
  });

  app.post('/transfer-requirements', async (c) => {
    const { referenceMax, required } = transfers.requirementsOf(textOf((await bodyOf(c))['quoteUuid']) ?? '');
    const fields = [
      requirement('reference', { type: 'text', maxLength: exact(String(referenceMax)) }),
      ...required.map((key) =>
        requirement(key, { type: 'select', required: true, valuesAllowed: ALLOWED[key] ?? null }),
      ),
    ];
    return answer(c, [{ type: 'transfer', fields }]);
  });

  app.get('/simulation/transfers/:id/:state', (c) => {
    const transfer = transfers.get(c.req.param('id'));
    const state = c.req.param('state');
    if (!transfer) return missing(c);
    const isAllowed = transfer.isFunded && SIMULATED_FROM[state]?.includes(transfer.state);
    if (!isAllowed)
      return answer(c, complaint('transfer.invalid-state', `${transfer.state} cannot become ${state}`), 422);
    return answer(c, showTransfer(transfers.simulate(transfer, state)));
  });

  app.post('/simulation/transfers/:id/payout-failure', async (c) => {
    const transfer = transfers.get(c.req.param('id'));
    const code = textOf((await bodyOf(c))['failure_reason_code']) ?? 'WRONG_ACCOUNT_NUMBER';
    if (!transfer) return missing(c);
    if (transfer.state !== 'bounced_back')
      return answer(c, complaint('transfer.invalid-state', 'The transfer must be bounced_back'), 422);
    transfers.publish(transfer, 'transfers#payout-failure', { failure_reason_code: code, failure_description: code });
    return answer(c, showTransfer(transfer));
  });

  return app;
}
