import { sql } from 'slonik';

import { Id } from '../column-types.ts';
import type { Database } from '../database.ts';

/** The proof that a person agreed to a statement: what a passkey signed, or the token of a provider with the key that verifies it. */
export type Proof =
  | { passkeyId: string; authenticatorData: Uint8Array; clientData: Uint8Array; signature: Uint8Array }
  | { identityId: string; idToken: string; key: Readonly<Record<string, string>> };

/** Keeps a statement that a person signed, and returns its id. */
export const insertSignature = (db: Database, statement: string, proof: Proof): Promise<string> =>
  'passkeyId' in proof
    ? db.oneFirst(sql.type(Id)`
        insert into signature(statement, passkey_id, authenticator_data, client_data, signature)
        values (${statement}, ${proof.passkeyId}, ${binary(proof.authenticatorData)}, ${binary(proof.clientData)}, ${binary(proof.signature)})
        returning id`)
    : db.oneFirst(sql.type(Id)`
        insert into signature(statement, identity_id, id_token, token_key)
        values (${statement}, ${proof.identityId}, ${proof.idToken}, ${sql.jsonb(proof.key)}) returning id`);

const binary = (bytes: Uint8Array) => sql.binary(Buffer.from(bytes));
