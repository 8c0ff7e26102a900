import type { Database } from '../../db/database.ts';
import { insertCall, newCallId, readGiver } from '../../db/partners/details-calls.ts';
import { getInstrument } from '../../db/partners/instruments.ts';
import { lockPartners, type Partner } from '../../db/partners/partners.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { callRecord, seal, type VaultKeys } from '../../db/vault.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { MINUTE_MS } from '../../domain/durations.ts';
import { withdrawInstrument } from './instrument-order.ts';

export type Call = {
  instrumentId: string;
  phone: string;
  spokeWith: string;
  calledAt: Date;
  isConfirmed: boolean;
  evidence: string;
  file: { name: string; bytes: Uint8Array } | null;
};

const NOT_THEIRS = 'A call back: the partner did not ask for these details';

/**
 * Keeps what a partner said when a second person called back about changed payout details. Details that the partner did not ask for are
 * withdrawn at once. Throws Failure `not_found`, `not_allowed` for the person who added them, and `invalid_input`.
 */
export const recordCall = (
  db: Database,
  vault: VaultKeys,
  partner: Pick<Partner, 'id' | 'code'>,
  { file, ...call }: Call,
  by: string,
): Promise<void> =>
  db.transaction(async (tx) => {
    await lockPartners(tx, [partner.id]);
    const { id: instrumentId, withdrawnAt } = await getInstrument(tx, partner.id, call.instrumentId);
    const { addedBy, createdAt } = await readGiver(tx, instrumentId);
    if (addedBy === by)
      throw new Failure('not_allowed', 'You added these details, so another person must call. Nothing was kept.');
    if (withdrawnAt !== null) throw refused('calledAt', 'is about details that were withdrawn');
    if (call.calledAt.getTime() > Date.now()) throw refused('calledAt', 'is in the future');
    if (call.calledAt.getTime() < createdAt - (createdAt % MINUTE_MS))
      throw refused('calledAt', 'is before the details were added');
    const id = await newCallId(tx);
    const sealed = file && { name: file.name, sealed: seal(vault, callRecord(id), file.bytes) };
    await insertCall(tx, { ...call, id, file: sealed }, by);
    const detail = { call: id, confirmed: call.isConfirmed };
    await addAuditEntry(tx, { actorId: by, action: 'instrument.call', subject: `instrument/${instrumentId}`, detail });
    if (!call.isConfirmed) await withdrawInstrument(tx, partner, { id: instrumentId, reason: NOT_THEIRS, by });
  });
