import { type NewCheckAccount, openCheckAccount, updateCheckAccount } from '../../db/checks/accounts.ts';
import type { Database } from '../../db/database.ts';
import { type Payer, type PayerGateway, savePayerGateway } from '../../db/payers/payers.ts';
import { countUnfrozenElsewhere } from '../../db/payouts/payouts.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { payerGatewayRecord, sealJson, type VaultKeys } from '../../db/vault.ts';
import { Failure } from '../../domain/errors.ts';
import type { GatewayName, Method } from '../../domain/rails.ts';

export type PayerGatewaySettings = {
  method: Method;
  gateway: GatewayName;
  /** A name for the account that shows none of its numbers. */
  accountRef: string;
  /** What the gateway needs to pay from this account. It is sealed, and never shown again. */
  settings: Readonly<Record<string, unknown>>;
  /** For checks: the account that they are drawn on. */
  checkAccount: Omit<NewCheckAccount, 'accountRef'> | null;
};

/**
 * Says which gateway carries a method for a payer, and from which account. Throws Failure `invalid_input` where payouts that were
 * drafted for another gateway are not sent yet: they would go to that gateway with the settings of this one, which refuses them all.
 */
export async function setPayerGateway(
  db: Database,
  vault: VaultKeys,
  payer: Payer,
  { method, gateway, accountRef, settings, checkAccount }: PayerGatewaySettings,
  by: string,
): Promise<PayerGateway> {
  const sealed = sealJson(vault, payerGatewayRecord(payer.id, method), settings);
  return db.transaction(async (tx) => {
    const waiting = await countUnfrozenElsewhere(tx, payer.id, method, gateway);
    if (waiting > 0) throw stillCarried(method, waiting);
    const checkAccountId = checkAccount && (await setCheckAccount(tx, vault, payer, { ...checkAccount, accountRef }));
    const set = await savePayerGateway(tx, payer.id, { method, gateway, accountRef, sealed, checkAccountId });
    const subject = `payer/${payer.code}`;
    const detail = { method, gateway, accountRef };
    await addAuditEntry(tx, { actorId: by, action: 'payer.set_gateway', subject, detail });
    return set;
  });
}

/**
 * Finds or opens the account that a payer draws checks on, and returns its id. Throws Failure `already_exists` where it is another
 * payer's, and `invalid_input` where its numbers would leap: those in between need an explanation first.
 */
async function setCheckAccount(tx: Database, keys: VaultKeys, payer: Payer, account: NewCheckAccount) {
  const { id, payerId, numberNext } = await openCheckAccount(tx, keys, payer.id, account);
  if (payerId !== payer.id)
    throw new Failure('already_exists', 'Nothing was changed: these checks are drawn on an account of another payer.');
  if (account.numberNext > numberNext) throw leap(numberNext, account.numberNext);
  await updateCheckAccount(tx, id, account);
  return id;
}

function leap(next: bigint, wanted: bigint): Failure {
  const reason = `is ${wanted}, and the account's next number is ${next}`;
  return new Failure(
    'invalid_input',
    `Nothing was changed: the numbers from ${next} to ${wanted - 1n} would be left without an explanation. Record them as spoiled, with the reason, and the next check takes number ${wanted} by itself.`,
    { details: [{ field: 'checkNumberNext', reason }] },
  );
}

function stillCarried(method: Method, waiting: number): Failure {
  const reason = `has to wait: ${waiting} of this payer's payouts by ${method} are in a run and are not sent yet through the present one`;
  return new Failure(
    'invalid_input',
    'Nothing was changed: another gateway still has payouts to send. Decide and pay those runs, or cancel them, and set it then.',
    { details: [{ field: 'gateway', reason }] },
  );
}
