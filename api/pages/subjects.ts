import { html, type Html } from './html.ts';

/**
 * The pages about the subjects of tasks, alarms and the audit log, such as `payout/<id>`. A subject may say more after its name: the plan of
 * a program, the id of an event.
 */
const PAGE_OF: Readonly<Record<string, (name: string, ...more: string[]) => string>> = {
  payout: (id) => `/payouts/${id}`,
  run: (id) => `/runs/${id}`,
  task: (id) => `/tasks/${id}`,
  gateway: () => '/gateways',
  alarm: () => '/alarms',
  grant: (id) => `/settings/roles/${id}`,
  actor: (code) => `/settings/people/${code}`,
  payer: (code) => `/settings/payers/${code}`,
  schedule: (code) => `/settings/schedules/${code}`,
  policy: (program, subject) => `/settings/policies/${program}${subject ? `/${subject}` : ''}`,
  deal: (id) => `/deals/${id}`,
  request: (id) => `/requests/${id}`,
  claim: (id) => `/claims/${id}`,
  question: (id) => `/questions/${id}`,
  'lost-passkey': (id) => `/settings/lost-passkeys/${id}`,
  correction: (id) => `/earnings/corrections/${id}`,
  're-rating': (id) => `/earnings/re-ratings/${id}`,
  conversion: (id) => `/earnings/conversions/${id}`,
  partner: (code) => `/partners/${code}`,
  program: (code, part, plan) => `/programs/${code}${part === 'plan' && plan ? `/plans/${plan}` : ''}`,
  event: (source, ...id) => `/earnings/events/${source}/${id.join('%2F')}`,
  webhook: (id) => `/settings/webhooks/${id}`,
  quarantine: () => '/earnings/quarantine',
  import: (id) => `/earnings/imports/${id}`,
};

/** The address of the page about a subject. Null where a subject has no page. */
export function pageOf(subject: string): string | null {
  const [kind = '', name = '', ...more] = subject.split('/').map(encodeURIComponent);
  const page = Object.hasOwn(PAGE_OF, kind) ? PAGE_OF[kind] : undefined;
  return page && name ? page(name, ...more) : null;
}

/** A subject in words: `run/<id>/account/1` is `run <id>, account 1`. Long ids are cut. */
const wordsOf = (subject: string): string =>
  subject
    .replaceAll(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1…')
    .replaceAll(/([^/]+)\/([^/]+)\//g, '$1 $2, ')
    .replace('/', ' ');

/** A subject as a link to its page, or as text. */
export function subjectLink(subject: string): Html {
  const text = wordsOf(subject);
  const page = pageOf(subject);
  return page ? html`<a href="${page}" title="${subject}">${text}</a>` : html`<span title="${subject}">${text}</span>`;
}
