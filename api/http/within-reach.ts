import type { Context, MiddlewareHandler } from 'hono';

import type { Database } from '../../db/database.ts';
import { reaches } from '../../db/people/limits.ts';
import type { HeldRole, Visitor } from '../../db/people/sessions.ts';
import { Failure } from '../../domain/errors.ts';
import { joinReaches, type Reach } from '../../domain/people/reach.ts';
import type { Role } from '../../domain/people/role.ts';
import type { ApiEnv } from './deps.ts';
import { mayUse, type PageRoute } from './page-permissions.ts';
import { isOpen } from './permissions.ts';
import { type About, aboutOf, type Field, type Named } from './reach.ts';
import { routeOf } from './router.ts';

type Body = Readonly<Record<string, unknown>>;
type Asked = { route: string; path: string; readBody: () => Promise<Body> };

/** Refuses a request of a key whose role does not reach what it is about, as if that did not exist. */
export const withinReach =
  (db: Database): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const route = routeOf(c);
    if (!route || isOpen(route)) return next();
    const { role, reach } = c.get('caller');
    const asked = { route, path: c.req.path, readBody: () => bodyOf(c) };
    if ((await rolesWithin(db, [{ role, reach }], asked)).length === 0) throw refusalOf(asked);
    return next();
  };

/** Whether one of a person's roles may open a page, as far as its address alone says what the page is about. */
export const mayOpen = ({ held }: Pick<Visitor, 'held'>, route: PageRoute): boolean =>
  held.some(
    ({ role, reach }) =>
      mayUse([role], route) &&
      (reach === null || !['company', undefined].includes(aboutOf(route) as string | undefined)),
  );

/** The roles of a person that have no limits: those that change what belongs to the whole company. */
export const rolesWithoutLimits = ({ held }: Pick<Visitor, 'held'>): readonly Role[] =>
  held.flatMap(({ role, reach }) => (reach === null ? [role] : []));

/** The roles among these that reach what a request is about. A list is about nothing yet: it shows the rows that they reach. */
export async function rolesWithin(
  db: Database,
  held: readonly Pick<HeldRole, 'role' | 'reach'>[],
  { route, path, readBody }: Asked,
): Promise<readonly Role[]> {
  const roles = [...new Set(held.map(({ role }) => role))];
  const about = aboutOf(route);
  if (about === 'person' || about === 'rows' || held.every(({ reach }) => reach === null)) return roles;
  const subjects = await subjectsOf(about, { route, path, readBody });
  const within: Role[] = [];
  for (const role of roles) {
    const reach = joinReaches(held.filter((one) => one.role === role).map((one) => one.reach));
    if (await reachesAll(db, reach, subjects)) within.push(role);
  }
  return within;
}

/** Whether a reach covers all of these things. Nothing but everything covers what nobody named. */
async function reachesAll(db: Database, reach: Reach, subjects: readonly string[]): Promise<boolean> {
  if (reach === null) return true;
  for (const subject of subjects) if (!(await reaches(db, reach, subject))) return false;
  return subjects.length > 0;
}

/** The refusal of a request that the person's roles do not reach. A thing out of reach is not there, like one that does not exist. */
export function refusalOf({ route, path }: Pick<Asked, 'route' | 'path'>): Failure {
  const about = aboutOf(route);
  if (about === undefined || about === 'company')
    return new Failure(
      'not_allowed',
      'Your role is limited to programs or payers, and this belongs to the whole company. Nothing was done. Ask a person whose role has no limit.',
    );
  if (typeof about === 'object' && about.some((named) => 'field' in named))
    return new Failure(
      'not_allowed',
      'Your role is limited, and does not reach the program, payer or schedule that you name. Nothing was done. Name one that it reaches.',
    );
  return new Failure('not_found', `There is nothing for you at ${path}.`);
}

/** The things that a request names, such as `run/<id>`. None where it does not say what it is about. */
async function subjectsOf(about: About | undefined, { route, path, readBody }: Asked): Promise<readonly string[]> {
  if (about === undefined || typeof about === 'string') return [];
  const found = await Promise.all(
    about.map(async (named: Named) =>
      'field' in named
        ? inBody(named.field, await readBody())
        : [`${named.kind}/${paramOf(route, path, named.param) ?? ''}`],
    ),
  );
  return found.some((subjects) => subjects.length === 0) ? [] : found.flat();
}

/** Codes and ids have no slash. A text with one names nothing. */
const isName = (value: unknown): value is string => typeof value === 'string' && /^[^/]+$/.test(value);

function inBody(field: Field, body: Body): readonly string[] {
  const value = body[field];
  if (field === 'events') {
    const programs = new Set(Array.isArray(value) ? value.map((event: Body | null) => event?.['program']) : []);
    return [...programs].every(isName) ? [...programs].map((program) => `program/${String(program)}`) : [];
  }
  if (!isName(value)) return [];
  if (field === 'terms') return [`program/${value.split(' ', 1)[0] ?? ''}`];
  return [body['kind'] === 'write_off' ? `balance/${value}` : `${field}/${value}`];
}

/** The part of an address that stands where a route has a placeholder. */
function paramOf(route: string, path: string, param: string): string | undefined {
  const [, pattern = ''] = route.split(' ');
  const part = path.split('/')[pattern.split('/').indexOf(`{${param}}`)] ?? '';
  try {
    const name = decodeURIComponent(part);
    return isName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The body of a call as JSON. A file names nothing. */
async function bodyOf(c: Context): Promise<Body> {
  if (!/^application\/json(;|$)/i.test(c.req.header('content-type') ?? '')) return {};
  const body: unknown = await c.req.json().catch(() => null);
  return typeof body === 'object' && body !== null ? (body as Body) : {};
}
