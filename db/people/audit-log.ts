import { sql } from 'slonik';
import { z } from 'zod';

import { Failure } from '../../domain/errors.ts';
import { Count, Hex, Instant } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The audit log as people read it: the newest entry first, with filters, the state of its chain, and the signatures of people. */

const EntryRow = z.strictObject({
  seq: z.bigint(),
  at: Instant,
  actor: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  chainSeq: z.bigint().nullable(),
  hash: Hex.nullable(),
  previousHash: Hex.nullable(),
});
export type LogEntry = z.infer<typeof EntryRow>;

const selectEntry = sql.fragment`
  select entry.seq, entry.at, actor.code as actor, entry.action, entry.subject, entry.detail, entry.chain_seq as "chainSeq", entry.hash,
    entry.prev_hash as "previousHash"
  from audit_log entry left join actor on actor.id = entry.actor_id`;

export type LogFilter = {
  /** The code of a person. */
  actor?: string | undefined;
  /** An action such as `payout.hold`, or the noun that it begins with. */
  action?: string | undefined;
  subject?: string | undefined;
  /** Local dates in UTC: the first day, and the day after the last one. */
  from?: string | undefined;
  until?: string | undefined;
};

const SEQ_MAX = 2n ** 62n;

export const listLog = (
  db: Database,
  { actor, action, subject, from, until }: LogFilter,
  before: bigint | null,
  limit: number,
): Promise<readonly LogEntry[]> =>
  db.any(sql.type(EntryRow)`
    ${selectEntry}
    where entry.seq < ${before ?? SEQ_MAX}
      and (${actor ?? null}::text is null or entry.actor_id = (select id from actor where code = ${actor ?? null}))
      and (${action ?? null}::text is null or entry.action = ${action ?? null} or starts_with(entry.action, ${`${action ?? ''}.`}))
      and (${subject ?? null}::text is null or entry.subject = ${subject ?? null})
      and (${from ?? null}::date is null or entry.at >= ${from ?? null}::date)
      and (${until ?? null}::date is null or entry.at < ${until ?? null}::date)
    order by entry.seq desc limit ${limit}`);

export async function getLogEntry(db: Database, seq: bigint): Promise<LogEntry> {
  const entry = await db.maybeOne(sql.type(EntryRow)`${selectEntry} where entry.seq = ${seq}`);
  if (!entry) throw new Failure('not_found', `There is no entry ${seq} of the audit log.`);
  return entry;
}

const ChainRow = z.strictObject({
  /** The number of sealed entries. Null if none is. */
  length: z.bigint().nullable(),
  head: Hex.nullable(),
  sealedAt: Instant.nullable(),
  unsealed: Count,
  verified: Count,
  broken: Count,
});
export type ChainState = z.infer<typeof ChainRow>;

/** The head of the chain, and whether its last links compute again. */
export const readChain = (db: Database, links: number): Promise<ChainState> =>
  db.one(sql.type(ChainRow)`
    with head as (
      select chain_seq, hash, at from audit_log where chain_seq is not null order by chain_seq desc limit 1
    ), link as (
      select entry.hash, entry.prev_hash, audit_hash(entry.prev_hash, entry) as recomputed,
        lag(entry.hash) over chain as before, lag(entry.chain_seq) over chain as number_before, entry.chain_seq
      from audit_log entry
      where entry.chain_seq > (select chain_seq from head) - ${links}::bigint window chain as (order by entry.chain_seq)
    )
    select (select chain_seq from head) as length, (select hash from head) as head, (select at from head) as "sealedAt",
      (select count(*) from audit_log where chain_seq is null) as unsealed, count(*) as verified,
      count(*) filter (where hash is distinct from recomputed
        or number_before is not null and (prev_hash is distinct from before or chain_seq <> number_before + 1)) as broken
    from link`);

/** Bytes inside of JSON, as PostgreSQL prints them. */
const HexBytes = z
  .string()
  .startsWith('\\x')
  .transform((text) => Buffer.from(text.slice(2), 'hex'));
const Assertion = z.strictObject({
  credentialId: HexBytes,
  publicKey: HexBytes,
  authenticatorData: HexBytes,
  clientData: HexBytes,
  signature: HexBytes,
});
/** The answer of a passkey, with the key that verifies it. */
export type KeptAssertion = z.infer<typeof Assertion>;
const Token = z.strictObject({ idToken: z.string(), key: z.record(z.string(), z.string()) });
/** The token of a provider of identities, with the key that verifies it. */
export type KeptToken = z.infer<typeof Token>;

const SignatureRow = z.strictObject({
  id: z.string(),
  actor: z.string(),
  statement: z.string(),
  signedAt: Instant,
  proof: z.union([Assertion, Token]),
});
export type KeptSignature = z.infer<typeof SignatureRow>;

const selectSignature = sql.fragment`
  select signature.id, actor.code as actor, signature.statement, signature.signed_at as "signedAt",
    case when passkey.id is not null then jsonb_build_object('credentialId', passkey.credential_id, 'publicKey', passkey.public_key,
      'authenticatorData', signature.authenticator_data, 'clientData', signature.client_data, 'signature', signature.signature)
    else jsonb_build_object('idToken', signature.id_token, 'key', signature.token_key) end as proof
  from signature left join passkey on passkey.id = signature.passkey_id left join identity on identity.id = signature.identity_id
  join actor on actor.id = coalesce(passkey.actor_id, identity.actor_id)`;

/** The signatures of people under what they did, the newest first. */
export const listSignatures = (db: Database, before: string | null, limit: number): Promise<readonly KeptSignature[]> =>
  db.any(sql.type(SignatureRow)`
    ${selectSignature}
    where signature.id < coalesce(${before}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') order by signature.id desc limit ${limit}`);

export const findSignature = (db: Database, id: string): Promise<KeptSignature | null> =>
  db.maybeOne(sql.type(SignatureRow)`${selectSignature} where signature.id = ${id}`);
