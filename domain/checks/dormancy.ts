import { Temporal } from 'temporal-polyfill';

/**
 * How long after its date an uncashed check is presumed abandoned, in years, where a payer says nothing else. Most states of the US
 * give three years for checks to vendors, some give one, some five; it is the law of the payee's last known address that counts,
 * and of the payer's state where there is none. That address is sealed in the vault, and which rule fits a payment is a question for
 * whoever advises the payer: this is a reminder and no legal advice, and nothing here reports or hands over property.
 */
export const DORMANCY_YEARS_DEFAULT = 3;
export const DORMANCY_YEARS_MAX = 10;

/**
 * How many days before that the payee should be written to. The Revised Uniform Unclaimed Property Act (2016, section 501) wants the
 * holder's notice 60 to 180 days before the report is filed, which is later still; this leaves time to find a payee.
 */
const DUE_DILIGENCE_DAYS = 120;

export type DormancyClock = { dueDiligenceOn: string; dormantOn: string };

/** The days that an uncashed check of a date (`2026-11-23`) runs towards. A 29 February ends on the 28th. */
export function dormancyClock(date: string, years: number): DormancyClock {
  const dormant = Temporal.PlainDate.from(date).add({ years });
  return {
    dueDiligenceOn: dormant.subtract({ days: DUE_DILIGENCE_DAYS }).toString(),
    dormantOn: dormant.toString(),
  };
}
