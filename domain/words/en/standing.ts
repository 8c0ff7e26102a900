/** Where partners stand in a window or on a ladder. */
export const STANDING_EN = {
  'standing.noQuota': '{volume}; no quota is set for this window, so it is worth nothing yet.',
  'standing.share': '{volume} is {share} of what all partners reached who divide the pool; {worth}.',
  'standing.plain': '{volume}; {worth}.',
  'standing.worth': 'it is worth {amount}',
  'standing.worthSoFar': 'it is worth {amount} so far',
  'standing.next': '{reached}; {missing} more reaches the next step.',
  'standing.nextBy': '{reached}; {missing} more by {day} reaches the next step.',
  'standing.nextWorth': '{reached}; {missing} more makes it worth {worth}.',
  'standing.nextWorthBy': '{reached}; {missing} more by {day} makes it worth {worth}.',
  'standing.of': '{volume} of {goal}',
  'standing.noReading': 'there is no {reading} yet',
  'standing.ofQuota': '{volume} is {part} of the quota of {quota}',
  'standing.unpaid': 'The budget {budget} had too little left: {amount} of that was not paid.',
  'standing.agreed': '{volume}. Your {fact} is {value} from {day}, as agreed.',
  'standing.top': '{volume}, which makes you {value} from {day}.',
  'standing.rung': '{volume} of {goal}; {missing} more by {last} makes you {value} from {day}.',
} as const;
