import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { stopToken, type Stopped } from '../../commands/tasks/notices.ts';
import { type DueCopy, markCopiesSent, postponeCopies, takeDueCopies } from '../../db/tasks/notices.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import { isNoticeKind, isOptional } from '../../domain/tasks/notice.ts';
import type { Language } from '../../domain/language.ts';
import { type NoticeContent, say } from '../../domain/tasks/notice-content.ts';
import type { Unsubscribe } from '../../notifications/channels/mail.ts';
import { NOTICE_VOICES } from '../../notifications/voice.ts';
import { CHOICES, type Footer, writeMail } from '../../notifications/write.ts';
import type { NotificationDeps } from './mail-deps.ts';

const PEOPLE_PER_PAGE = 50;
const TAKEN_FOR_MS = 3 * MINUTE_MS;
const RETRY_MS = MINUTE_MS;
const RETRY_MS_MAX = 6 * HOUR_MS;
const TRIES_BEFORE_ALARM = 4;
/** A digest shows this many notices. The page of notices has them all. */
const DIGEST_MAX = 100;

/** The mail of one person: a notice, or the digest of a day. */
type OwnMail = {
  id: string;
  copies: readonly DueCopy[];
  content: NoticeContent;
  language: Language;
  what: Stopped | null;
};

/**
 * Sends the mail that people chose for themselves, and returns whether more may be due. A digest is one mail for a person and a day. A
 * sender that dies before our commit repeats it with the same Message-ID.
 */
export async function sendOwnMail(deps: NotificationDeps): Promise<boolean> {
  const due = await takeDueCopies(deps.db, PEOPLE_PER_PAGE, TAKEN_FOR_MS);
  const unwanted = due.filter(({ isWanted, email }) => !isWanted || email === null);
  if (unwanted.length > 0)
    await markCopiesSent(deps.db, unwanted, 'Its reader may no longer read it, or it is no longer true.');
  for (const mail of mailsOf(due.filter((copy) => !unwanted.includes(copy)))) await sendOne(deps, mail);
  return new Set(due.map(({ actorId }) => actorId)).size === PEOPLE_PER_PAGE;
}

function mailsOf(copies: readonly DueCopy[]): OwnMail[] {
  const digests = Map.groupBy(
    copies.filter(({ way }) => way === 'daily'),
    ({ actorId, day }) => `digest/${actorId}/${day}`,
  );
  return [
    ...copies
      .filter(({ way }) => way === 'now')
      .map((copy) => ({
        id: `${copy.dedupeKey}/copy/${copy.actorId}`,
        copies: [copy],
        content: copy.content,
        language: copy.language,
        what: isNoticeKind(copy.kind) && isOptional(copy.kind) ? copy.kind : null,
      })),
    ...[...digests].map(([id, gathered]) => ({
      id,
      copies: gathered,
      content: digestOf(gathered),
      language: languageOf(gathered),
      what: 'digest' as const,
    })),
  ];
}

/** The copies of a mail go to one person, who has one language. */
const languageOf = ([first]: readonly DueCopy[]): Language => first?.language ?? 'en';

function digestOf(copies: readonly DueCopy[]): NoticeContent {
  const [{ day } = { day: '' }] = copies;
  const voice = NOTICE_VOICES[languageOf(copies)];
  const shown = copies.slice(0, DIGEST_MAX);
  const more = copies.length - shown.length;
  return {
    subject: voice.say('digest.subject', { day: voice.domain.day(day), count: copies.length }),
    parts: [
      ...shown.flatMap(({ content }) => [{ is: 'heading' as const, text: content.subject }, ...content.parts]),
      ...(more > 0 ? [say(voice.say('digest.more', { count: more }))] : []),
    ],
  };
}

async function sendOne(deps: NotificationDeps, { id, copies, content, language, what }: OwnMail): Promise<void> {
  const [first] = copies;
  if (!first?.email) return;
  try {
    await deps.mailer.send({
      ...writeMail(content, (path) => deps.publicUrl + path, footerIn(language), language),
      to: first.email,
      id,
      unsubscribe: what === null ? undefined : unsubscribeOf(deps, first.actorId, what),
    });
    await markCopiesSent(deps.db, copies, null);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await postponeCopies(deps.db, copies, Math.min(RETRY_MS * 2 ** (first.tries - 1), RETRY_MS_MAX), reason);
    if (first.tries < TRIES_BEFORE_ALARM || deps.mailer.isAway(error)) return;
    const detail = `The mail of ${first.actor}'s own notices could not be sent. The shared address was mailed, and the page of notices has them. Correct the address of ${first.actor}.`;
    await deps.db.transaction((tx) => raiseAlarm(tx, 'mail_refused', `actor/${first.actor}`, detail, 'own'));
  }
}

const footerIn = (language: Language): Footer => ({ text: NOTICE_VOICES[language].say('footer.own'), path: CHOICES });

/** How a reader stops mail of a kind, with one click and without signing in. */
export const unsubscribeOf = (
  { vault, publicUrl, addresses }: NotificationDeps,
  actorId: string,
  what: Stopped,
): Unsubscribe => ({
  mailto: addresses.finance,
  url: `${publicUrl}/unsubscribe/${stopToken(vault, actorId, what)}`,
});
