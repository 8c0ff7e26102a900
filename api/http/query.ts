import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';

import { Failure } from '../../domain/errors.ts';
import type { ApiEnv } from './deps.ts';
import { routeOf } from './router.ts';

/** Refuses a parameter that the route does not have. A misspelt filter would otherwise answer with everything. */
export function refuseUnknownQuery(app: OpenAPIHono<ApiEnv>): MiddlewareHandler<ApiEnv> {
  let names: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  return async (c, next) => {
    names ??= queryNames(app);
    const known = names.get(routeOf(c) ?? '');
    const unknown = Object.keys(c.req.query()).filter((name) => known && !known.has(name));
    if (unknown.length > 0)
      throw new Failure('invalid_input', 'The query has parameters that this call does not know. Nothing was done.', {
        details: unknown.map((field) => ({ field, reason: 'is not known here' })),
      });
    await next();
  };
}

/** The names of the query parameters of each route, as its schema has them. */
const queryNames = (app: OpenAPIHono<ApiEnv>): Map<string, Set<string>> =>
  new Map(
    app.openAPIRegistry.definitions.flatMap((definition) => {
      if (definition.type !== 'route') return [];
      const { method, path, request } = definition.route;
      const shape = request?.query && 'shape' in request.query ? (request.query.shape as object) : {};
      return [[`${method.toUpperCase()} ${path}`, new Set(Object.keys(shape))] as const];
    }),
  );
