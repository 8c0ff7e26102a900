const FROM = 'from budget ';

/** The part of the name of a measure that says which budget pays. */
export const fromBudget = (code: string): string => FROM + code;

/** The code of the budget that pays a window, as the name of its measure says. Undefined where none does. */
export const budgetNameOf = ({ measure }: { readonly measure: string }): string | undefined =>
  measure.split(FROM)[1]?.split(' ')[0];
