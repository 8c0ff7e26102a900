import { type NewCheckAccount, setCheckAccount } from '../../db/checks/accounts.ts';
import type { Database } from '../../db/database.ts';
import { type Payer, type PayerGateway, savePayerGateway } from '../../db/payers/payers.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { payerGatewayRecord, sealJson, type VaultKeys } from '../../db/vault.ts';
import type { GatewayName, Method } from '../../domain/rails.ts';

export type PayerGatewaySettings = {
  method: Method;
  gateway: GatewayName;
  /** A name of the account that shows no number of it. */
  accountRef: string;
  /** What the gateway needs to pay from this account; sealed, and never shown again. */
  settings: Readonly<Record<string, unknown>>;
  /** For checks: the account they are drawn on. */
  checkAccount: Omit<NewCheckAccount, 'accountRef'> | null;
};

/** Says which gateway carries a method for a payer, and from which account. */
export async function setPayerGateway(
  db: Database,
  vault: VaultKeys,
  payer: Payer,
  { method, gateway, accountRef, settings, checkAccount }: PayerGatewaySettings,
  by: string,
): Promise<PayerGateway> {
  const sealed = sealJson(vault, payerGatewayRecord(payer.id, method), settings);
  return db.transaction(async (tx) => {
    const checkAccountId = checkAccount && (await setCheckAccount(tx, vault, payer, { ...checkAccount, accountRef }));
    const set = await savePayerGateway(tx, payer.id, { method, gateway, accountRef, sealed, checkAccountId });
    const subject = `payer/${payer.code}`;
    const detail = { method, gateway, accountRef };
    await addAuditEntry(tx, { actorId: by, action: 'payer.set_gateway', subject, detail });
    return set;
  });
}
