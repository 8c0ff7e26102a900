import { PAYOUTS_DE } from './de/payouts.ts';
import { ASKING_DE } from './de/asking.ts';
import { PEOPLE_DE } from './de/people.ts';
import { PAYOUTS_EN } from './en/payouts.ts';
import { ASKING_EN } from './en/asking.ts';
import { PEOPLE_EN } from './en/people.ts';

/** Every sentence of the notices to partners, in each language. A sentence that a language lacks, or has without need, does not compile. */
export const NOTICES_EN = { ...PAYOUTS_EN, ...ASKING_EN, ...PEOPLE_EN };
export const NOTICES_DE = { ...PAYOUTS_DE, ...ASKING_DE, ...PEOPLE_DE };
