import type { Database } from '../../db/database.ts';
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { Failure } from '../../domain/errors.ts';
import { actStatement, type SignedAct } from '../../domain/people/statement.ts';
import { keepSignature, type Signed, type SigningPlace } from './signatures.ts';

/** An act that a person signs before it is done. */
export type Signing<Seen, Done> = {
  act: SignedAct;
  /** The thing that it is about, such as `grant/<id>`. It names nothing personal besides codes. */
  subject: string;
  /** Reads and locks what the person decides about. It is read again when the signature is there. */
  read: (tx: Database) => Promise<Seen>;
  /** The part of it that the signature covers, as values of JSON. */
  content: (seen: Seen) => unknown;
  /** The text that the person typed. The signature covers all of it. */
  typed: Readonly<Record<string, string>>;
  /** Does it, and keeps the signature's id with the thing. */
  perform: (tx: Database, signatureId: string, seen: Seen) => Promise<Done>;
};

const hashOf = <Seen, Done>({ content, typed }: Signing<Seen, Done>, seen: Seen): string =>
  sha256(canonicalJson({ content: content(seen), typed })).toString('hex');

const statementOf = ({ act, subject }: Pick<Signing<unknown, unknown>, 'act' | 'subject'>, contentHash: string) =>
  actStatement({ act, subject, contentHash });

/** Reads the thing that a person is to see and sign, with the hash of its content and the sentence. */
export async function readSigning<Seen, Done>(db: Database, signing: Signing<Seen, Done>) {
  const seen = await db.transaction((tx) => signing.read(tx));
  const contentHash = hashOf(signing, seen);
  return { seen, contentHash, statement: statementOf(signing, contentHash) };
}

/**
 * Does what a person signed, in the transaction that keeps their signature. Throws Failure `changed_since_seen` if it is no longer what they
 * saw, `not_authenticated` if the signature is not theirs, and the refusals of the act.
 */
export const performSigned = <Seen, Done>(
  db: Database,
  place: SigningPlace,
  { signing, actorId }: { signing: Signing<Seen, Done>; actorId: string },
  { contentHash, signed }: { contentHash: string; signed: Signed },
): Promise<Done> =>
  db.transaction(async (tx) => {
    const seen = await signing.read(tx);
    if (hashOf(signing, seen) !== contentHash)
      throw new Failure(
        'changed_since_seen',
        'It is no longer what you saw. Nothing was done. Look at it again, and sign once more.',
      );
    const signatureId = await keepSignature(
      tx,
      place,
      { actorId, statement: statementOf(signing, contentHash) },
      signed,
    );
    return signing.perform(tx, signatureId, seen);
  });
