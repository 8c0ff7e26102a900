import { defineMessages } from '../../../domain/message.ts';
import { FRAME_DE } from './de/frame.ts';
import { PORTAL_DE } from './de/portal.ts';
import { PEOPLE_DE } from './de/people.ts';
import { FRAME_EN } from './en/frame.ts';
import { PORTAL_EN } from './en/portal.ts';
import { PEOPLE_EN } from './en/people.ts';

/** Every sentence of the pages, in each language. A sentence that a language lacks, or has without need, does not compile. */
export const PAGES_EN = { ...FRAME_EN, ...PORTAL_EN, ...PEOPLE_EN };
export const PAGES_DE = { ...FRAME_DE, ...PORTAL_DE, ...PEOPLE_DE };

export const speak = defineMessages<typeof PAGES_EN>({ en: PAGES_EN, de: PAGES_DE });
