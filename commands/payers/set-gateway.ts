import { type NewCheckAccount, openCheckAccount, updateCheckAccount } from '../../db/checks/accounts.ts';
import type { Database } from '../../db/database.ts';
import { lockPayerGateways, type Payer, type PayerGateway, savePayerGateway } from '../../db/payers/payers.ts';
import { countUnfrozenElsewhere } from '../../db/payouts/waits.ts';
import { addAuditEntry, signedBy } from '../../db/people/audit.ts';
import { payerGatewayRecord, sealJson, type VaultKeys } from '../../db/vault.ts';
import { Failure, type FailureDetail } from '../../domain/errors.ts';
import { type GatewayName, GATEWAYS_FOR, type Method, METHOD_NAMES } from '../../domain/rails.ts';

export type PayerGatewaySettings = {
  method: Method;
  gateway: GatewayName;
  /** A name for the account that shows none of its numbers. */
  accountRef: string;
  /** The settings with which the gateway pays from this account. They are sealed, and never shown again. */
  settings: Readonly<Record<string, unknown>>;
  /** The result of reading `settings` with the gateway's own reader. */
  reading: SettingsReading;
  /** For checks: where the account's numbers begin. An account that is known already continues its own numbers. */
  checkNumberNext: bigint | null;
  /** For checks: how long after its date a check that nobody cashes is presumed abandoned. */
  dormancyYears: number | null;
};

export type SettingsReading = {
  /** Each field that is missing or wrong, with the reason. */
  objections: readonly FailureDetail[];
  /** The number of the account that checks are drawn on; null for a gateway that writes no checks. */
  checkAccountNumber: string | null;
};

/**
 * Sets which gateway carries a method for a payer, and from which account. Throws Failure `invalid_input` with every wrong field
 * of the settings: settings that cannot pay are refused now, and not when the first payout needs them. It also throws
 * `invalid_input` while payouts that were drafted for another gateway are not sent yet. They would go to that gateway with the
 * settings of this one, which it would refuse.
 */
export async function setPayerGateway(
  db: Database,
  vault: VaultKeys,
  payer: Payer,
  wish: PayerGatewaySettings,
  { by, signatureId }: { by: string; signatureId?: string },
): Promise<PayerGateway> {
  refuseWrongSettings(payer, wish);
  const { method, gateway, accountRef, settings } = wish;
  const sealed = sealJson(vault, payerGatewayRecord(payer.id, method), settings);
  const checkAccount = checkAccountOf(wish);
  return db.transaction(async (tx) => {
    await lockPayerGateways(tx, payer.id);
    const waiting = await countUnfrozenElsewhere(tx, payer.id, method, gateway);
    if (waiting > 0) throw stillCarried(method, waiting);
    const checkAccountId = checkAccount && (await setCheckAccount(tx, vault, payer, checkAccount));
    const set = await savePayerGateway(tx, payer.id, { method, gateway, accountRef, sealed, checkAccountId });
    const subject = `payer/${payer.code}`;
    const detail = { method, gateway, accountRef, ...signedBy(signatureId) };
    await addAuditEntry(tx, { actorId: by, action: 'payer.set_gateway', subject, detail });
    return set;
  });
}

/** A check that we print needs the payer's address and, in the US, the line by which machines read where it is drawn. */
function whyNotPrint({ address, country }: Payer, settings: PayerGatewaySettings['settings']): FailureDetail[] {
  const noAddress = {
    field: 'address',
    reason: 'of the payer is missing, and every check shows it: add it to the payer first',
  };
  const noNumber = {
    field: 'settings.routingNumber',
    reason: 'is required for a payer in the US, because banks read it from the MICR line of the check',
  };
  return [
    ...(address === null ? [noAddress] : []),
    ...(country === 'US' && settings['routingNumber'] === undefined ? [noNumber] : []),
  ];
}

/** Throws Failure `invalid_input`, which names every field of the settings with which the gateway could not pay. */
export function refuseWrongSettings(payer: Payer, wish: PayerGatewaySettings): void {
  const { method, gateway, settings, reading, checkNumberNext, dormancyYears } = wish;
  const isNumbered = method === 'check';
  const objection = (isWrong: boolean, field: string, reason: string) => (isWrong ? [{ field, reason }] : []);
  const details = [
    ...objection(!GATEWAYS_FOR[method].includes(gateway), 'gateway', `does not pay by ${METHOD_NAMES[method]}`),
    ...reading.objections.map(({ field, reason }) => ({ field: `settings.${field}`, reason })),
    ...(gateway === 'printed-check' ? whyNotPrint(payer, settings) : []),
    ...objection(isNumbered && checkNumberNext === null, 'checkNumberNext', 'is needed for checks'),
    ...objection(!isNumbered && checkNumberNext !== null, 'checkNumberNext', 'is for checks only'),
    ...objection(!isNumbered && dormancyYears !== null, 'dormancyYears', 'is for checks only'),
  ];
  if (details.length > 0)
    throw new Failure(
      'invalid_input',
      `These settings cannot pay by ${METHOD_NAMES[method]}. Nothing was changed. Fix the named fields.`,
      { details },
    );
}

/** The account that the checks are drawn on. Its number identifies it, so its check numbers continue even under another name. */
function checkAccountOf({
  accountRef,
  reading,
  checkNumberNext,
  dormancyYears,
}: PayerGatewaySettings): NewCheckAccount | null {
  const accountNumber = reading.checkAccountNumber;
  if (accountNumber === null || checkNumberNext === null) return null;
  return { accountRef, accountNumber, numberNext: checkNumberNext, dormancyYears };
}

/**
 * Finds or opens the account that a payer draws checks on, and returns its id. Throws Failure `already_exists` if it is another
 * payer's, and `invalid_input` if its numbers would leap, because the numbers in between need an explanation first.
 */
async function setCheckAccount(tx: Database, keys: VaultKeys, payer: Payer, account: NewCheckAccount) {
  const { id, payerId, numberNext } = await openCheckAccount(tx, keys, payer.id, account);
  if (payerId !== payer.id)
    throw new Failure(
      'already_exists',
      "These checks are drawn on another payer's account. Nothing was changed. Verify the account number.",
    );
  if (account.numberNext > numberNext) throw leap(numberNext, account.numberNext);
  await updateCheckAccount(tx, id, account);
  return id;
}

function leap(next: bigint, wanted: bigint): Failure {
  const reason = `is ${wanted}, and the account's next number is ${next}`;
  return new Failure(
    'invalid_input',
    `The check numbers from ${next} to ${wanted - 1n} would be left without an explanation. Nothing was changed. Record them as spoiled, with the reason. The next check then takes number ${wanted}.`,
    { details: [{ field: 'checkNumberNext', reason }] },
  );
}

function stillCarried(method: Method, waiting: number): Failure {
  const reason = `has to wait, because ${waiting} of this payer's payouts by ${METHOD_NAMES[method]} are in a run and were not sent yet through the current gateway`;
  return new Failure(
    'invalid_input',
    'Another gateway still has payouts to send. Nothing was changed. Decide and pay those runs, or cancel them. Then set the gateway.',
    { details: [{ field: 'gateway', reason }] },
  );
}
