import { asRead } from './format.ts';
import { html, type Html } from './html.ts';
import { say, sayAgain } from './say.ts';

/** The explanation of an earning as whole sentences. An earning that no event made has facts instead of steps. */
export function sentencesOf(explanation: Readonly<Record<string, unknown>>): readonly string[] {
  const { steps } = explanation;
  if (Array.isArray(steps)) return steps.map((step) => sentence(asRead(sayAgain(String(step)) ?? String(step))));
  const fact = (name: string): string => {
    const value = explanation[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  return [
    fact('cameBackOf') && say('explained.cameBack', { payout: fact('cameBackOf') }),
    fact('reason') && say('explained.corrected', { reason: fact('reason') }),
    fact('reference') && say('explained.reference', { reference: fact('reference') }),
    fact('points') && say('explained.converted', { points: fact('points'), unit: fact('unit'), rate: fact('rate') }),
  ].flatMap((words) => (words ? sentence(words) : []));
}

const sentence = (words: string): string => {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};

/** The calculation, one sentence for each step. It opens without JavaScript. */
export const stepsOf = (explanation: Readonly<Record<string, unknown>>): Html =>
  html`<details>
    <summary>${say('steps.show')}</summary>
    <ul class="steps">
      ${sentencesOf(explanation).map((words) => html`<li>${words}</li>`)}
    </ul>
  </details>`;
