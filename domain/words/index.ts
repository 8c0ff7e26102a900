import { PAYOUTS_DE } from './de/payouts.ts';
import { ADVICE_DE } from './de/advice.ts';
import { STANDING_DE } from './de/standing.ts';
import { PAYOUTS_EN } from './en/payouts.ts';
import { ADVICE_EN } from './en/advice.ts';
import { FAULTS_DE } from './de/faults.ts';
import { FAULTS_EN } from './en/faults.ts';
import { STANDING_EN } from './en/standing.ts';

/** Every sentence of the domain, in each language. A sentence that a language lacks, or has without need, does not compile. */
export const DOMAIN_EN = { ...PAYOUTS_EN, ...ADVICE_EN, ...FAULTS_EN, ...STANDING_EN };
export const DOMAIN_DE = { ...PAYOUTS_DE, ...ADVICE_DE, ...FAULTS_DE, ...STANDING_DE };
