import { describe, expect, it } from 'vitest';

import { hearBrowser } from '../../api/pages/say.ts';
import { sentencesOf } from '../../api/pages/sentences.ts';

/** The sentences for a reader whose browser wants a language. */
async function readIn(language: string, steps: readonly string[]): Promise<readonly string[]> {
  let sentences: readonly string[] = [];
  await hearBrowser({ req: { header: () => language } } as never, async () => {
    sentences = sentencesOf({ steps });
  });
  return sentences;
}

describe('given the steps of a calculation', () => {
  it.each([
    { step: '10 % of 1300.00 USD is 130 USD', german: '10 % von 1.300,00 USD sind 130 USD.' },
    {
      step: 'at most 5.00 USD for one event: 10.00 USD for 3 sales',
      german: 'Höchstens 5,00 USD je Vorgang: 10,00 USD für 3 sales.',
    },
    {
      step: 'held 14 days from 2026-03-10: until 2026-03-24',
      german: 'Sperrfrist von 14 Tagen ab 10.03.2026, bis 24.03.2026.',
    },
    {
      step: 'it is earned by the part of bob, directly below',
      german: 'Verdient durch den Teil von bob, direkt darunter.',
    },
    { step: 'less 80.00 USD earned before: 50.00 USD', german: 'Abzüglich bisher verdienter 80,00 USD: 50,00 USD.' },
    {
      step: 'the budget spring had only 3.00 USD left, so 7.00 USD was not paid',
      german: 'Das Budget spring hatte nur noch 3,00 USD. 7,00 USD wurden deshalb nicht gezahlt.',
    },
    { step: '2 % of 200 points is 4 points', german: '2 % von 200 Punkte sind 4 Punkte.' },
    { step: 'a rule that is newer than its translation', german: 'A rule that is newer than its translation.' },
  ])('when "$step" is read in German then it is "$german"', async ({ step, german }) => {
    expect(await readIn('de', [step])).toEqual([german]);
  });
});
