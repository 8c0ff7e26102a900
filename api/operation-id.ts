/**
 * Names an operation after its method and its path, as a client would name its function: `GET /v1/runs/{id}/payouts` is
 * `listRunPayouts`. A route whose path makes a poor name states its own `operationId`.
 */
export function operationIdOf(method: string, path: string): string {
  const steps = path.split('/').filter((step) => step !== '' && step !== 'v1');
  const last = steps.at(-1) ?? '';
  const act = Object.hasOwn(ACTS, last) ? ACTS[last] : undefined;
  const isOne = last.startsWith('{') || method === 'post';
  const nouns = (act ? steps.slice(0, -1) : steps).flatMap((step, index, all) => {
    if (step.startsWith('{')) return [];
    const isLast = index === all.length - 1;
    return [isLast && !isOne ? step : singular(step)];
  });
  return (
    (act ?? verbOf(method, last)) +
    nouns
      .flatMap((noun) => noun.split('-'))
      .map(capital)
      .join('')
  );
}

/** Last steps of a path that are verbs: they say what is done to the thing named before them. */
const ACTS: Readonly<Record<string, string>> = {
  cancel: 'cancel',
  clear: 'clear',
  decision: 'decide',
  explanation: 'explain',
  hold: 'hold',
  pause: 'pause',
  release: 'release',
  renew: 'renew',
  replacement: 'replace',
  resume: 'resume',
  stop: 'stop',
};

const VERBS: Readonly<Record<string, string>> = { post: 'add', put: 'set', patch: 'change', delete: 'delete' };

const verbOf = (method: string, last: string): string => VERBS[method] ?? (last.endsWith('s') ? 'list' : 'get');

/** The thing that a placeholder of a path names, in words: `run` for `{id}` of `/v1/runs/{id}/payouts`. */
export function thingBefore(placeholder: string, path: string): string {
  const steps = path.split('/');
  return singular(steps[steps.indexOf(placeholder) - 1] ?? '').replaceAll('-', ' ');
}

const singular = (noun: string): string => noun.replace(/(?<=ch)es$|s$/, '');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
