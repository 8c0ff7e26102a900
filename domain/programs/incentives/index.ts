import { z } from 'zod';

import { flat, FlatTerms } from './flat.ts';
import type { Gain, Incentive, Occasion } from './incentive.ts';
import { percent, PercentTerms } from './percent.ts';
import { tiers, TiersTerms } from './tiers.ts';

/** The registry of incentives. A new incentive is a file, with its terms in this union and its arithmetic in the record below. */
export const IncentiveTerms = z
  .discriminatedUnion('rule', [PercentTerms, FlatTerms, TiersTerms])
  .meta({ id: 'IncentiveTerms', description: 'One way of earning, by its `rule`' });
export type IncentiveTerms = z.infer<typeof IncentiveTerms>;
export type Rule = IncentiveTerms['rule'];

type TermsOf<R extends Rule> = { [K in R]: Extract<IncentiveTerms, { rule: K }> }[R];

const INCENTIVES: { readonly [R in Rule]: Incentive<TermsOf<R>> } = { percent, flat, tiers };

export const windowStartOf = <R extends Rule>(terms: TermsOf<R>, date: string): string | null =>
  INCENTIVES[terms.rule].windowStart(terms, date);

export const gainOf = <R extends Rule>(terms: TermsOf<R>, occasion: Occasion): Gain | undefined =>
  INCENTIVES[terms.rule].earn(terms, occasion);

export const whyNeverBy = <R extends Rule>(terms: TermsOf<R>): string | undefined =>
  INCENTIVES[terms.rule].whyNever(terms);
