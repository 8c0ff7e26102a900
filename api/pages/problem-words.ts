import type { Problem } from '../http/problem.ts';
import { readersLanguage, say, sayAgain } from './say.ts';

/** Titles for people, where those of the API speak of keys. */
const TITLES = [
  'not_found',
  'not_authenticated',
  'not_allowed',
  'claim_not_valid',
  'invalid_input',
  'already_exists',
  'too_many_tries',
  'changed_since_seen',
  'status_does_not_allow',
  'body_too_large',
] as const;

/** A problem for its reader. The console has a title for each kind; other readers get one for those that they can meet. */
export function sayProblem({ status, code, title, detail }: Problem, requestId: string) {
  const known = TITLES.find((one) => one === code);
  if (known) return { title: say(`problem.${known}`), detail: sayAgain(detail) ?? say('problem.other') };
  if (readersLanguage() === 'en') return { title, detail };
  return status >= 500
    ? { title: say('problem.unexpected'), detail: say('problem.unexpected.about', { id: requestId }) }
    : { title: say('problem.title'), detail: sayAgain(detail) ?? say('problem.other') };
}
