import { timingSafeEqual } from 'node:crypto';

import type { Database } from '../../db/database.ts';
import { addAuditEntry } from '../../db/people/audit.ts';
import { saveNoticeChoice, stopDigest } from '../../db/tasks/notices.ts';
import { fingerprint, type VaultKeys } from '../../db/vault.ts';
import { Failure, refused } from '../../domain/errors.ts';
import { isNoticeKind, isOptional, type NoticeKind, type Way } from '../../domain/tasks/notice.ts';

export type NoticeChoice = { kind: NoticeKind; way: Way };

/** Keeps how a person wants the mail of some kinds. A kind that asks somebody to act, or protects an account, never waits for a digest. */
export const chooseNotices = (db: Database, actorId: string, choices: readonly NoticeChoice[]): Promise<void> =>
  db.transaction(async (tx) => {
    for (const { kind, way } of choices) {
      if (way === 'daily' && !isOptional(kind)) throw refused(kind, 'cannot wait for the digest');
      await saveNoticeChoice(tx, actorId, kind, way);
    }
    await addAuditEntry(tx, {
      actorId,
      action: 'notices.choose',
      subject: `actor/${actorId}`,
      detail: Object.fromEntries(choices.map(({ kind, way }) => [kind, way])),
    });
  });

/** The subject of a link that ends the mail of a kind, or the daily digest. */
export type Stopped = NoticeKind | 'digest';

const proofOf = (vault: VaultKeys, actorId: string, what: Stopped): Buffer =>
  fingerprint(vault, `unsubscribe/${actorId}/${what}`);

/** The token of a link with which a reader stops mail, without signing in. It can do nothing else. */
export const stopToken = (vault: VaultKeys, actorId: string, what: Stopped): string =>
  `${actorId}.${what}.${proofOf(vault, actorId, what).toString('base64url')}`;

/** Reads the token of such a link. Throws Failure `not_found`. */
export function readStopToken(vault: VaultKeys, token: string): { actorId: string; what: Stopped } {
  const [actorId = '', what = '', proof = ''] = token.split('.');
  const isKnown = what === 'digest' || (isNoticeKind(what) && isOptional(what));
  const given = Buffer.from(proof, 'base64url');
  const expected = isKnown ? proofOf(vault, actorId, what) : undefined;
  if (!isKnown || given.length !== expected?.length || !timingSafeEqual(given, expected))
    throw new Failure('not_found', 'This link does not stop any mail. Open the page of notices to choose.');
  return { actorId, what };
}

/** Stops the mail that a link names. The notices stay on the page of notices. */
export const stopMail = (db: Database, { actorId, what }: { actorId: string; what: Stopped }): Promise<void> =>
  db.transaction(async (tx) => {
    await (what === 'digest' ? stopDigest(tx, actorId) : saveNoticeChoice(tx, actorId, what, 'off'));
    await addAuditEntry(tx, { actorId, action: 'notices.stop', subject: `actor/${actorId}`, detail: { what } });
  });
