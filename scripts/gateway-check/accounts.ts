import type { GatewayName } from '../../domain/rails.ts';
import type { PayerAccount } from '../../gateways/gateway.ts';
import { ADDRESS } from './payees.ts';

/** The account on which the invented checks are drawn. */
export const CHECK_ACCOUNT = '123456789012';
/** Lob mails the checks of this account, so they are in the post when Lob says so. */
export const LOB_ACCOUNT = '210987654321';
const ROUTING_NUMBER = '021000021';

/** The settings of an invented payer with each gateway. */
export const payerAccounts = (wiseProfile: string, lobBankAccountId: string): Record<GatewayName, PayerAccount> => ({
  wise: { profileId: wiseProfile },
  paypal: {},
  lob: {
    lobBankAccountId,
    bankAccount: { accountNumber: LOB_ACCOUNT, routingNumber: ROUTING_NUMBER },
    from: { name: 'Acme Inc', ...ADDRESS },
  },
  'printed-check': { accountNumber: CHECK_ACCOUNT, routingNumber: ROUTING_NUMBER, bankName: 'First Bank' },
});
