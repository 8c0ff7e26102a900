/** The pages about the subjects of tasks, such as `correction/<id>`. */
const PAGE_OF: Readonly<Record<string, (name: string) => string>> = {
  payout: (id) => `/payouts/${id}`,
  run: (id) => `/runs/${id}`,
  grant: (id) => `/settings/roles/${id}`,
  actor: (code) => `/settings/people/${code}`,
  payer: (code) => `/settings/payers/${code}`,
  schedule: (code) => `/settings/schedules/${code}`,
  policy: () => '/settings/policies',
  deal: (id) => `/deals/${id}`,
  request: (id) => `/requests/${id}`,
  claim: (id) => `/claims/${id}`,
  question: (id) => `/questions/${id}`,
  'lost-passkey': (id) => `/settings/lost-passkeys/${id}`,
  correction: (id) => `/earnings/corrections/${id}`,
  're-rating': (id) => `/earnings/re-ratings/${id}`,
  quarantine: () => '/earnings/quarantine',
  import: (id) => `/earnings/imports/${id}`,
};

/** The address of the page about a subject. Null where a subject has no page. */
export function pageOf(subject: string): string | null {
  const [kind = '', name] = subject.split('/');
  const page = Object.hasOwn(PAGE_OF, kind) ? PAGE_OF[kind] : undefined;
  return page && name ? page(encodeURIComponent(name)) : null;
}
