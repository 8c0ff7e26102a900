import type { OpenAPIHono } from '@hono/zod-openapi';

import { ROLES, type Role } from '../domain/people/role.ts';
import type { ApiEnv } from './http/deps.ts';
import { operationIdOf, thingBefore } from './operation-id.ts';
import { rolesFor } from './http/permissions.ts';
import { PROBLEM_TYPE } from './http/problem.ts';

type Document = ReturnType<OpenAPIHono<ApiEnv>['getOpenAPI31Document']>;
type PathItem = NonNullable<Document['paths']>[string];
export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Method = (typeof METHODS)[number];
type Operation = NonNullable<PathItem[Method]>;
type Responses = NonNullable<Operation['responses']>;
type Components = NonNullable<Document['components']>;
type Response = NonNullable<Components['responses']>[string];

/** The traits of an operation that decide which shared answers it can give. */
type Traits = {
  method: Method;
  /** Undefined if the operation needs no key. */
  roles: readonly Role[] | undefined;
  hasInput: boolean;
  /** Whether its path names a thing that may not exist, rather than one of a fixed set. */
  namesThing: boolean;
  isHealth: boolean;
};

type SharedProblem = { status: number; name: string; description: string; isGivenBy: (traits: Traits) => boolean };

const isKeyed = ({ roles }: Traits): boolean => roles !== undefined;
const isKeyedPost = (traits: Traits): boolean => isKeyed(traits) && traits.method === 'post';

/** The problems that a request can meet before a route's own code runs, and the operations that can return them. */
const SHARED_PROBLEMS: readonly SharedProblem[] = [
  {
    status: 400,
    name: 'InvalidInput',
    description: 'A field, a header or the body cannot be accepted; `errors` names each one. Nothing was done.',
    isGivenBy: ({ hasInput }) => hasInput,
  },
  {
    status: 401,
    name: 'NotAuthenticated',
    description: 'The key is missing, unknown, expired or revoked. Nothing was done.',
    isGivenBy: isKeyed,
  },
  {
    status: 403,
    name: 'NotAllowed',
    description: 'The role of the key does not allow this call. Nothing was done.',
    isGivenBy: ({ roles }) => roles !== undefined && roles.length < ROLES.length,
  },
  {
    status: 404,
    name: 'NotFound',
    description: 'The path names something that does not exist, or that this key may not see. Nothing was done.',
    isGivenBy: ({ namesThing }) => namesThing,
  },
  {
    status: 409,
    name: 'InProgress',
    description: 'The same request is still running: repeat it in a moment with the same Idempotency-Key.',
    isGivenBy: isKeyedPost,
  },
  {
    status: 413,
    name: 'BodyTooLarge',
    description: 'The body is too large. Nothing was done.',
    isGivenBy: ({ method }) => method !== 'get',
  },
  {
    status: 415,
    name: 'UnsupportedMediaType',
    description: 'The body has a media type that this call does not accept. Nothing was done.',
    isGivenBy: (traits) => isKeyed(traits) && traits.method !== 'get',
  },
  {
    status: 422,
    name: 'KeyReused',
    description: 'This Idempotency-Key was used for another request. Nothing was done: use a new key.',
    isGivenBy: isKeyedPost,
  },
  {
    status: 500,
    name: 'InternalError',
    description: 'Something unexpected happened. Repeat the request with the same Idempotency-Key, if it has one.',
    isGivenBy: ({ isHealth }) => !isHealth,
  },
];

/** The HTTP server itself gives this answer, without a body and before it reads a path, so it holds for every operation. */
const HEADERS_TOO_LARGE = { status: 431, name: 'HeadersTooLarge' } as const;

const problem = (description: string): Response => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** The shared answers, which the document holds once as `components.responses`. */
export const SHARED_RESPONSES: Record<string, Response> = {
  ...Object.fromEntries(SHARED_PROBLEMS.map(({ name, description }) => [name, problem(description)])),
  [HEADERS_TOO_LARGE.name]: { description: 'The headers are larger than 16 KiB. Nothing was done.' },
};

export const IDEMPOTENCY_KEY: NonNullable<Components['parameters']>[string] = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'Names this request: 1 to 200 printable ASCII characters without spaces. Repeat an unanswered request with the same key.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$', examples: ['orders-2026-02-10-1'] },
};

/** Adds to an operation everything that follows from its method, its path and the table of permissions. */
export function completeOperation(operation: Operation, method: Method, path: string): void {
  const roles = rolesFor(`${method.toUpperCase()} ${path}`);
  operation.operationId ??= operationIdOf(method, path);
  const parameters = (operation.parameters ?? []).map((parameter) => withThingNamed(parameter, path));
  if (parameters.length > 0) operation.parameters = parameters;
  operation.responses = responsesOf(operation, traitsOf(operation, method, roles));
  operation.security = roles ? [{ key: [] }] : [];
  if (!roles) return;
  operation['x-roles'] = roles;
  operation.description = [operation.description, whoMayCall(roles)].filter(Boolean).join('\n\n');
  if (method === 'post') operation.parameters = [...parameters, { $ref: '#/components/parameters/IdempotencyKey' }];
}

type Parameter = NonNullable<Operation['parameters']>[number];

/** Many things have a `code` or an `id`; the step before it in the path says which thing it belongs to. */
function withThingNamed(parameter: Parameter, path: string): Parameter {
  if (!('name' in parameter) || (parameter.name !== 'code' && parameter.name !== 'id')) return parameter;
  const description = `The ${parameter.name} of the ${thingBefore(`{${parameter.name}}`, path)}`;
  const example = EXAMPLES[path.split('/')[2] ?? ''];
  const { schema = {} } = parameter;
  const examples = parameter.name === 'code' && example ? { examples: [example] } : {};
  return { ...parameter, description, schema: { ...schema, description, ...examples } };
}

/** An example of a code for each collection whose things have codes. */
const EXAMPLES: Readonly<Record<string, string>> = {
  actors: 'petra',
  partners: 'paula',
  payers: 'acme',
  programs: 'resale',
  schedules: 'monthly',
};

function traitsOf(operation: Operation, method: Method, roles: readonly Role[] | undefined): Traits {
  const parameters = operation.parameters ?? [];
  return {
    method,
    roles,
    hasInput: parameters.length > 0 || operation.requestBody !== undefined || (roles !== undefined && method !== 'get'),
    namesThing: parameters.some(
      (one) => 'in' in one && one.in === 'path' && !(one.schema && 'enum' in one.schema && one.schema.enum),
    ),
    isHealth: operation.tags?.includes('health') ?? false,
  };
}

/** A route's own description of a status comes before the description that all routes share. */
function responsesOf({ responses = {} }: Operation, traits: Traits): Responses {
  const shared = SHARED_PROBLEMS.filter(({ isGivenBy }) => isGivenBy(traits)).map(({ status, name, description }) => {
    const own = responses[status];
    const said = own && 'description' in own ? own.description : undefined;
    const merged = said ? problem(`${said} Or: ${description}`) : { $ref: `#/components/responses/${name}` };
    return [String(status), merged] as const;
  });
  return {
    ...responses,
    ...Object.fromEntries(shared),
    [HEADERS_TOO_LARGE.status]: { $ref: `#/components/responses/${HEADERS_TOO_LARGE.name}` },
  };
}

const list = new Intl.ListFormat('en', { type: 'disjunction' });

function whoMayCall(roles: readonly Role[]): string {
  const bold = roles.map((role) => `**${role}**`);
  if (roles.length === 1) return `Needs a key of the role ${bold[0]}.`;
  const limit = roles.includes('partner') ? " A partner's key reaches that partner alone." : '';
  if (roles.length === ROLES.length) return `A key of any role may call this.${limit}`;
  return `Needs a key of the role ${list.format(bold)}.${limit}`;
}
