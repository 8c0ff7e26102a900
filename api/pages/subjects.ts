import { html, type Html } from './html.ts';

/** The pages about the subjects of tasks, alarms and the audit log, such as `payout/<id>`. */
const PAGE_OF: Readonly<Record<string, (name: string) => string>> = {
  payout: (id) => `/payouts/${id}`,
  run: (id) => `/runs/${id}`,
  task: (id) => `/tasks/${id}`,
  gateway: () => '/gateways',
  alarm: () => '/alarms',
  grant: (id) => `/settings/roles/${id}`,
  actor: (code) => `/settings/people/${code}`,
  deal: (id) => `/deals/${id}`,
  request: (id) => `/requests/${id}`,
  claim: (id) => `/claims/${id}`,
};

/** The address of the page about a subject. Null where a subject has no page. */
export function pageOf(subject: string): string | null {
  const [kind = '', name] = subject.split('/');
  const page = Object.hasOwn(PAGE_OF, kind) ? PAGE_OF[kind] : undefined;
  return page && name ? page(encodeURIComponent(name)) : null;
}

/** A subject as a link to its page, or as text. Long ids are cut. */
export function subjectLink(subject: string): Html {
  const text = subject.replaceAll(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '$1…');
  const page = pageOf(subject);
  return page ? html`<a href="${page}" title="${subject}">${text}</a>` : html`<span title="${subject}">${text}</span>`;
}
