import { html, type Html } from './html.ts';

/** The explanation of an earning as whole sentences. An earning that no event made has facts instead of steps. */
export function sentencesOf(explanation: Readonly<Record<string, unknown>>): readonly string[] {
  const { steps } = explanation;
  if (Array.isArray(steps)) return steps.map((step) => sentence(String(step)));
  const say = (name: string): string | undefined => {
    const fact = explanation[name];
    return typeof fact === 'string' || typeof fact === 'number' ? String(fact) : undefined;
  };
  return [
    say('cameBackOf') && `A part of payout ${say('cameBackOf')} came back to us, and we credited it to you.`,
    say('reason') && `Two people corrected your balance, because: ${say('reason')}`,
    say('reference') && `Their reference is ${say('reference')}.`,
    say('points') && `${say('points')} ${say('unit')} became money, at ${say('rate')} each.`,
  ].flatMap((words) => (words ? sentence(words) : []));
}

const sentence = (words: string): string => {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};

/** The calculation, one sentence for each step. It opens without JavaScript. */
export const stepsOf = (explanation: Readonly<Record<string, unknown>>): Html =>
  html`<details>
    <summary>Show</summary>
    <ul class="steps">
      ${sentencesOf(explanation).map((words) => html`<li>${words}</li>`)}
    </ul>
  </details>`;
