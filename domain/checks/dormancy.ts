import { Temporal } from 'temporal-polyfill';

/**
 * The years after its date in which an uncashed check is presumed abandoned, unless a payer sets another number. Most states of the
 * US give three years for checks to vendors, some give one, and some give five. The law of the payee's last known address applies,
 * or the law of the payer's state where no address is known. That address is sealed in the vault, and the payer's counsel decides
 * which rule fits a payment. This date is a reminder and no legal advice. Nothing here reports or hands over property.
 */
export const DORMANCY_YEARS_DEFAULT = 3;
export const DORMANCY_YEARS_MAX = 10;

/**
 * How many days before that date to write to the payee. The Revised Uniform Unclaimed Property Act (2016, section 501) requires the
 * holder's notice 60 to 180 days before the report is filed. The report comes later still, so this leaves time to find a payee.
 */
const DUE_DILIGENCE_DAYS = 120;

export type DormancyClock = { dueDiligenceOn: string; dormantOn: string };

/** The two days for an uncashed check of a date (`2026-11-23`). A check of 29 February becomes dormant on 28 February. */
export function dormancyClock(date: string, years: number): DormancyClock {
  const dormant = Temporal.PlainDate.from(date).add({ years });
  return {
    dueDiligenceOn: dormant.subtract({ days: DUE_DILIGENCE_DAYS }).toString(),
    dormantOn: dormant.toString(),
  };
}
