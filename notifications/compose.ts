import {
  BODIES,
  FACTS,
  type NotificationBody,
  type NotificationFacts,
  type NotificationKind,
  type Places,
  type Templates,
} from './notification.ts';
import { CUT_TEMPLATES } from './templates/cuts.ts';
import { CORRECTION_TEMPLATES } from './templates/corrections.ts';
import { DEAL_TEMPLATES } from './templates/deals.ts';
import { FINANCE_TEMPLATES } from './templates/finance.ts';
import { INCIDENT_TEMPLATES } from './templates/incidents.ts';
import { OPERATORS_TEMPLATES } from './templates/operators.ts';
import { PARTNER_TEMPLATES } from './templates/partner.ts';
import { PERSON_TEMPLATES } from './templates/person.ts';
import { NOTICE_VOICES } from './voice.ts';
import type { Language } from '../domain/language.ts';
import type { NoticeContent } from '../domain/tasks/notice-content.ts';

/** Every kind has a template. A new kind does not compile until it has one. */
const TEMPLATES: Templates<NotificationKind> = {
  ...PARTNER_TEMPLATES,
  ...FINANCE_TEMPLATES,
  ...CUT_TEMPLATES,
  ...INCIDENT_TEMPLATES,
  ...OPERATORS_TEMPLATES,
  ...PERSON_TEMPLATES,
  ...DEAL_TEMPLATES,
  ...CORRECTION_TEMPLATES,
};

const isKind = (kind: string): kind is NotificationKind => kind in FACTS;

/** A stored notification whose facts fit its kind. */
export type ReadNotification = {
  [K in NotificationKind]: { kind: K; facts: NotificationFacts<K> };
}[NotificationKind];

/** Reads a stored notification. Throws if its facts do not fit its kind. */
export function readNotification(kind: string, stored: unknown): ReadNotification {
  if (!isKind(kind)) throw new RangeError(`there is no notification of kind ${kind}`);
  return { kind, facts: FACTS[kind].parse(stored) } as ReadNotification;
}

/** Composes a notification in a language, once for all channels. Throws if its body does not fit its kind. */
export function compose<K extends NotificationKind>(
  kind: K,
  body: NotificationBody<K>,
  places: Places,
  language: Language = 'en',
): NoticeContent {
  return TEMPLATES[kind](BODIES[kind].parse(body) as NotificationBody<K>, places, NOTICE_VOICES[language]);
}
