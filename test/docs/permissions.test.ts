import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { PERMITTED_ROUTES, rolesFor } from '../../api/http/permissions.ts';
import { aboutOf } from '../../api/http/reach.ts';
import { LIMITS_OF } from '../../domain/people/reach.ts';
import { ROLES } from '../../domain/people/role.ts';
import { OTHER_RELATIONS, type Relation, RUN_RELATIONS } from '../fixtures/hands.ts';

const PAGE = join(import.meta.dirname, '../../docs/permissions.md');

const LIMITED = ROLES.filter((role) => LIMITS_OF[role].length > 0);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const answer = (code: string): string => (code === 'allowed' ? 'allowed' : `\`${code}\``);

const relations = (rows: readonly Relation[]): string =>
  table(
    ['a person', 'is the one who decides', 'gave the decider the role', 'is somebody else'],
    rows.map(({ did, own, giver }) => [did, answer(own), answer(giver), 'allowed']),
  );

/** Says what a person whose role has limits may do with a route. */
function withLimits(route: string): string {
  const about = aboutOf(route);
  if (about === 'company') return 'no';
  if (about === 'rows') return 'shows its rows';
  if (about === 'person' || about === undefined) return '';
  return `its ${about.map((one) => ('kind' in one ? one.kind : one.field)).join(', ')}`;
}

const routes = table(
  ['route', ...ROLES, 'with limits'],
  PERMITTED_ROUTES.map((route) => [
    `\`${route}\``,
    ...ROLES.map((role) => (rolesFor(route)?.includes(role) ? 'yes' : '')),
    withLimits(route),
  ]),
);

const page = `# Permissions

\`npx vitest run test/docs/permissions.test.ts -u\` writes this page from \`api/http/permissions.ts\` and from the tables that
\`test/commands/runs/hands.test.ts\` plays cell by cell. [Add people](how-to/add-people.md) explains roles and keys.

## Who may decide what

Nobody decides something in which they had a hand. Nobody decides a run, or an outcome that somebody proposed, if the person
with the hand in it proposed or confirmed their role: that may be one person with two accounts. The columns say how the
decision is answered.

### A run, \`POST /v1/runs/{id}/decision\`

${relations(Object.values(RUN_RELATIONS))}

An approval counts only while its giver holds the role. Bursar counts again when the last person approves and just before the
run begins to pay. A run without enough approvals is then cancelled, and its lines are free.

${Object.entries(OTHER_RELATIONS)
  .map(([what, rows]) => `### ${what.charAt(0).toUpperCase()}${what.slice(1)}\n\n${relations(rows)}\n`)
  .join('\n')}
## Roles with limits

A role of ${LIMITED.join(', ').replace(/, ([^,]*)$/, ' or $1')} may be limited to programs or to payers. The other roles reach everything. The column _with limits_
says what such a role may do with a route. _its run_ means a run of its payers, and a call about another run is answered as if there were
none. _no_ means that the route needs a role without limits. The pages follow the same table
(\`api/http/reach.ts\`), and [add people](how-to/add-people.md) explains it.

## Which role may call which route

\`POST /v1/keys/claim\` needs no key, and \`POST /v1/sources/{source}/webhook\` needs a signature instead. Partners reach their own data alone.

${routes}
`;

describe('given the page about permissions', () => {
  it('then it says what the code does', async () => {
    await expect(page).toMatchFileSnapshot(PAGE);
  });
});
