import { describe, expect, it } from 'vitest';

import { whyNotDecideResolution } from '../../../domain/payouts/resolution.ts';

const proposed = { status: 'proposed', proposedById: 'olga' } as const;
const anna = { id: 'anna', isPayee: false, giver: null };

describe('given an outcome that Olga proposed', () => {
  it.each([
    { who: anna, code: undefined, because: 'Anna had no hand in it' },
    { who: { ...anna, id: 'olga' }, code: 'decider_is_proposer', because: 'two people are needed' },
    {
      who: { ...anna, giver: 'olga' },
      code: 'role_given_by_editor',
      because: 'a second account is not a second person',
    },
    { who: { ...anna, isPayee: true }, code: 'approver_is_payee', because: 'nobody decides their own pay' },
  ])('when it is decided then the answer is $code: $because', ({ who, code }) => {
    expect(whyNotDecideResolution(proposed, who)?.code).toBe(code);
  });

  it.each(['confirmed', 'refused', 'applied', 'overtaken'] as const)(
    'when it is %s then it cannot be decided',
    (status) => {
      expect(whyNotDecideResolution({ ...proposed, status }, anna)?.code).toBe('resolution_not_open');
    },
  );
});
