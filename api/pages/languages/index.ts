import { defineMessages } from '../../../domain/message.ts';
import { FRAME_DE } from './de/frame.ts';
import { PORTAL_DE } from './de/portal.ts';
import { PAYOUTS_DE } from './de/payouts.ts';
import { DETAILS_DE } from './de/details.ts';
import { EARNINGS_DE } from './de/earnings.ts';
import { DEALS_DE } from './de/deals.ts';
import { QUESTIONS_DE } from './de/questions.ts';
import { PEOPLE_DE } from './de/people.ts';
import { MAIL_DE } from './de/mail.ts';
import { REFUSALS_DE } from './de/refusals.ts';
import { BANK_FORMS_DE } from './de/bank-forms.ts';
import { EXPLANATIONS_DE } from './de/explanations.ts';
import { FRAME_EN } from './en/frame.ts';
import { PORTAL_EN } from './en/portal.ts';
import { PAYOUTS_EN } from './en/payouts.ts';
import { DETAILS_EN } from './en/details.ts';
import { EARNINGS_EN } from './en/earnings.ts';
import { DEALS_EN } from './en/deals.ts';
import { QUESTIONS_EN } from './en/questions.ts';
import { PEOPLE_EN } from './en/people.ts';
import { MAIL_EN } from './en/mail.ts';
import { REFUSALS_EN } from './en/refusals.ts';
import { BANK_FORMS_EN } from './en/bank-forms.ts';
import { EXPLANATIONS_EN } from './en/explanations.ts';

/** Every sentence of the pages, in each language. A sentence that a language lacks, or has without need, does not compile. */
export const PAGES_EN = {
  ...FRAME_EN,
  ...PORTAL_EN,
  ...PAYOUTS_EN,
  ...DETAILS_EN,
  ...EARNINGS_EN,
  ...DEALS_EN,
  ...QUESTIONS_EN,
  ...PEOPLE_EN,
  ...MAIL_EN,
  ...REFUSALS_EN,
  ...BANK_FORMS_EN,
  ...EXPLANATIONS_EN,
};
export const PAGES_DE = {
  ...FRAME_DE,
  ...PORTAL_DE,
  ...PAYOUTS_DE,
  ...DETAILS_DE,
  ...EARNINGS_DE,
  ...DEALS_DE,
  ...QUESTIONS_DE,
  ...PEOPLE_DE,
  ...MAIL_DE,
  ...REFUSALS_DE,
  ...BANK_FORMS_DE,
  ...EXPLANATIONS_DE,
};

export const speak = defineMessages<typeof PAGES_EN>({ en: PAGES_EN, de: PAGES_DE });
