import { z } from 'zod';

import { Failure, type FailureDetail } from '../domain/errors.ts';
import type { GatewayName } from '../domain/rails.ts';
import type { CheckOnFile } from './check-bank/issuing.ts';
import type { PayerAccount } from './gateway.ts';
import { LobSettings, readLobAccount, thawLob } from './lob/request.ts';
import { checkOnFile, PrintedCheckSettings, readCheckAccount, thawCheck } from './printed-check/request.ts';
import { readWiseAccount, WiseSettings } from './wise/request.ts';

const PayPalSettings = z.object({}).meta({ id: 'PayPalSettings', description: "Nothing: the app's own account pays" });

/** The settings of a payer for each gateway, as the published API describes them. */
export const PAYER_SETTINGS: Record<GatewayName, z.ZodType> = {
  wise: WiseSettings,
  paypal: PayPalSettings,
  lob: LobSettings,
  'printed-check': PrintedCheckSettings,
};

/** Reads what each gateway needs from a payer's settings. PayPal needs nothing, because the app's own account pays. */
const READERS: Record<GatewayName, (account: PayerAccount) => unknown> = {
  wise: readWiseAccount,
  paypal: () => undefined,
  lob: readLobAccount,
  'printed-check': readCheckAccount,
};

/** Lists what is missing or wrong in a payer's settings, so that it is found when they are set and not at the first payout. */
export function whyNotPayerAccount(gateway: GatewayName, account: PayerAccount): readonly FailureDetail[] {
  try {
    READERS[gateway](account);
    return [];
  } catch (error) {
    if (error instanceof Failure) return error.details;
    throw error;
  }
}

/** The number of the account that a payer's checks are drawn on, or null for gateways that write none. Throws if the settings are wrong. */
export function checkAccountNumber(gateway: GatewayName, account: PayerAccount): string | null {
  if (gateway === 'lob') return readLobAccount(account).bankAccount.accountNumber;
  return gateway === 'printed-check' ? readCheckAccount(account).accountNumber : null;
}

/** The check of a frozen request as its gateway files it with the bank: the account, the payee and the date are those that the bank is told. */
export const checkFiledBy = (gateway: 'lob' | 'printed-check', request: Uint8Array): CheckOnFile =>
  gateway === 'lob' ? thawLob(request).check : checkOnFile(thawCheck(request));
