import type { DatabasePool } from 'slonik';

import { raiseAlarm } from '../../commands/tasks/alarms.ts';
import { markAlarmClearedAbout } from '../../db/tasks/alarms.ts';
import {
  type DueNotification,
  markNotificationSent,
  markNotificationSuperseded,
  markNotificationTold,
  postponeNotification,
  takeDueNotifications,
  type Told,
} from '../../db/tasks/notifications.ts';
import { HOUR_MS, MINUTE_MS } from '../../domain/durations.ts';
import type { Language } from '../../domain/language.ts';
import type { NoticeContent } from '../../domain/tasks/notice-content.ts';
import { type Audience, isOptional, type NoticeKind } from '../../domain/tasks/notice.ts';
import { addNoticeCopies, findContact } from '../../db/tasks/notices.ts';
import { compose, readNotification } from '../../notifications/compose.ts';
import type { NotificationBody, NotificationKind, Places } from '../../notifications/notification.ts';
import { NOTICE_VOICES } from '../../notifications/voice.ts';
import { CHOICES, type Footer, writeMail } from '../../notifications/write.ts';
import type { NotificationDeps } from './mail-deps.ts';
import { sendOwnMail, unsubscribeOf } from './own-mail.ts';
import { PRESENT } from './present.ts';

const NOTIFICATIONS_PER_PAGE = 100;
/** A call sends page after page for this long, and the next call continues. */
const SENDING_MS = 30_000;
/** A sender that takes longer was killed. Its mails are then sent by another one. */
const TAKEN_FOR_MS = 3 * MINUTE_MS;
const RETRY_MS = MINUTE_MS;
const RETRY_MS_MAX = 6 * HOUR_MS;
/** A server that does not answer delays no mail longer than this after it is back. */
const AWAY_RETRY_MS_MAX = 10 * MINUTE_MS;
/** After so many tries, the operators must learn about it without mail. */
const TRIES_BEFORE_ALARM = 4;

/** The state of the mail server during one call. */
type Round = { isAway: boolean; hasSent: boolean };

export const createNotificationActivities = (deps: NotificationDeps) => ({
  /**
   * Sends the messages that are due, and returns whether more may be due. A message is sent twice only if the process dies after the
   * mail server accepts it and before our commit. Both then have the same Message-ID, so that a mailbox shows one.
   */
  async sendNotifications(): Promise<boolean> {
    const endsAt = Date.now() + SENDING_MS;
    const round: Round = { isAway: false, hasSent: false };
    for (;;) {
      const due = [...(await takeDueNotifications(deps.db, NOTIFICATIONS_PER_PAGE, TAKEN_FOR_MS))];
      const isLastPage = due.length < NOTIFICATIONS_PER_PAGE;
      const sendNext = async (): Promise<void> => {
        for (let next = due.shift(); next; next = due.shift()) await sendOne(deps, round, next);
      };
      await Promise.all(Array.from({ length: deps.mailer.connections }, sendNext));
      if (round.hasSent && !round.isAway) await markAlarmClearedAbout(deps.db, MAIL_SERVER_AWAY, null);
      if (round.isAway) return false;
      if (isLastPage) return sendOwnMail(deps);
      if (Date.now() > endsAt) return true;
    }
  },
});

const MAIL_SERVER_AWAY = { kind: 'mail_not_sent', subject: 'mail' } as const;

async function sendOne(deps: NotificationDeps, round: Round, notification: DueNotification): Promise<void> {
  const { db, mailer } = deps;
  try {
    const { kind, facts } = readNotification(notification.kind, notification.body);
    const present = await PRESENT[kind](db, facts as never, { ...notification, vault: deps.vault });
    if (present.superseded !== undefined)
      return void (await markNotificationSuperseded(db, notification.id, present.superseded));
    const { audience, language } = notification;
    const composeIn = (one: Language): NoticeContent =>
      compose(kind, present.body as NotificationBody<NotificationKind>, placesOf(deps, notification), one);
    const to = addressOf(deps, notification);
    if (audience !== 'person') await tell(db, notification.id, { told: toldTo(audience, composeIn), to, kind });
    if (to === null) return void (await markNotificationSent(db, notification.id, NO_ADDRESS));
    const mayStop = audience === 'partner' && isOptional(kind);
    const contact = mayStop ? await findContact(db, notification.id) : null;
    if (contact && contact.way !== 'now') return void (await markNotificationSent(db, notification.id, CHOSEN));
    if (round.isAway) return await postpone(deps, notification, 'The mail server did not answer.', true);
    const unsubscribe = contact
      ? unsubscribeOf(deps, contact.actorId, kind)
      : mayStop
        ? { mailto: deps.addresses.finance, url: null }
        : undefined;
    const mail = writeMail(
      composeIn(language),
      (path) => deps.publicUrl + path,
      contact ? contactFooter(language) : null,
      language,
    );
    await mailer.send({ ...mail, to, id: notification.dedupeKey, unsubscribe });
    round.hasSent = true;
    await markNotificationSent(db, notification.id, null);
  } catch (error) {
    const isAway = mailer.isAway(error);
    round.isAway ||= isAway;
    await postpone(deps, notification, error instanceof Error ? error.message : String(error), isAway);
  }
}

/** A notice to partners is kept in every language, because each of their people reads their own. */
const toldTo = (audience: Audience, composeIn: (language: Language) => NoticeContent): Told => ({
  content: composeIn('en'),
  translations: audience === 'partner' ? { de: composeIn('de') } : null,
});

/** Shows a notice on the page of its readers, and writes the copies that they asked for. */
const tell = (
  db: DatabasePool,
  id: bigint,
  { told, to, kind }: { told: Told; to: string | null; kind: NoticeKind },
): Promise<void> =>
  db.transaction(async (tx) => {
    if (await markNotificationTold(tx, id, told)) await addNoticeCopies(tx, id, to, isOptional(kind));
  });

const CHOSEN = 'The reader of the address chose the digest, or no mail of this kind.';
const contactFooter = (language: Language): Footer => ({
  text: NOTICE_VOICES[language].say('footer.contact'),
  path: CHOICES,
});
const NO_ADDRESS = 'The partner has no e-mail address; the notice is shown in the portal only.';

/** Tries again later. A message that stays unsent raises an alarm, which the API, the readiness and the log show without any mail. */
async function postpone(
  { db, log }: NotificationDeps,
  { id, tries, kind, audience, partner }: DueNotification,
  error: string,
  isAway: boolean,
): Promise<void> {
  const retryMs = Math.min(RETRY_MS * 2 ** (tries - 1), isAway ? AWAY_RETRY_MS_MAX : RETRY_MS_MAX);
  await postponeNotification(db, id, retryMs, error);
  if (tries < TRIES_BEFORE_ALARM) return;
  log.error({ notification: String(id), kind, tries, error }, 'a mail stays unsent');
  await db.transaction((tx) =>
    isAway
      ? raiseAlarm(tx, 'mail_not_sent', MAIL_SERVER_AWAY.subject, AWAY, 'away')
      : raiseAlarm(tx, 'mail_refused', subjectOf({ partner, audience }), refusedDetail(kind, error), kind),
  );
}

const AWAY =
  'The mail server has not accepted mail for several tries. Notices to partners, finance and operators wait, and this alarm is not mailed either. Nothing is lost, and payments continue. Look at the mail server and at SMTP_URL. Bursar tries again every ten minutes, and clears this alarm once a mail is accepted.';

const subjectOf = ({ partner, audience }: Pick<DueNotification, 'partner' | 'audience'>): string =>
  partner === null ? `audience/${audience}` : `partner/${partner}`;

const ADDRESSES = /\S+@\S+/g;

/** The server's own words, without the address that they may quote. */
const refusedDetail = (kind: string, error: string): string =>
  `A notice of kind ${kind} could not be sent: ${error.replaceAll(ADDRESSES, '…')} Other mail is sent. Correct the address, or tell the reader in another way. Bursar tries again every few hours.`;

const placesOf = ({ addresses }: NotificationDeps, { partner }: DueNotification): Places => ({
  own: (path) => `/portal/${encodeURIComponent(partner ?? '')}${path}`,
  contact: addresses.finance,
});

function addressOf({ addresses }: NotificationDeps, { audience, email }: DueNotification): string | null {
  return audience === 'partner' || audience === 'person' ? email : addresses[audience];
}
