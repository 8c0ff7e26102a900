import { DAY_MS } from '../durations.ts';
import { addDays } from '../calendar.ts';
import { cutoffInstant } from '../payers/schedule.ts';

/** One day of an account, half-open. It is local to the account's zone, as the days of a bank's statement are. */
export type StatementDay = {
  readonly date: string;
  readonly zone: string;
  readonly from: Date;
  readonly to: Date;
};

/** A day lasts from one local midnight to the next, so it has 23 or 25 hours where clocks change. */
export const statementDay = (date: string, zone: string): StatementDay => ({
  date,
  zone,
  from: new Date(cutoffInstant({ zone }, date)),
  to: new Date(cutoffInstant({ zone }, addDays(date, 1))),
});

/** A statement can show everything of a day only when the day is over. Until then, a payment that it lacks says nothing. */
export const isOver = ({ to }: StatementDay, at: Date): boolean => to <= at;

/** Whether a day was over for so long that a statement of it is overdue. */
export const isOverdue = ({ to }: StatementDay, at: Date): boolean => at.getTime() - to.getTime() > DAY_MS;
