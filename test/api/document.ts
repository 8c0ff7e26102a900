import { type Document, OpenAPIBackend } from 'openapi-backend';

import type { createApp } from '../../api/app.ts';
import { openApiDocument } from '../../api/openapi.ts';

const FORMATS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@\s]+@[^@\s]+$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
};

type Request = { method: string; path: string; query?: Record<string, string>; body?: unknown };

let opened: ReturnType<typeof readDocument> | undefined;

/** The published document, ready to judge requests and answers. A process reads it once, because it compiles hundreds of schemas. */
export const openDocument = (app: ReturnType<typeof createApp>) => (opened ??= readDocument(app));

async function readDocument(app: ReturnType<typeof createApp>) {
  const document = await new OpenAPIBackend({
    definition: openApiDocument(app) as Document,
    quick: true,
    // Every operation compiles schemas of its own, so what costs more than it gives in a test is off. `npm run verify` checks the document.
    ajvOpts: { strict: false, validateSchema: false, code: { optimize: false } },
    customizeAjv: (ajv) => Object.entries(FORMATS).reduce((all, [name, format]) => all.addFormat(name, format), ajv),
  }).init();
  const operations = document.router.getOperations();
  document.router.getOperations = () => operations; // it would go through the whole document for each request

  /** The operations by method and path: finding one goes through all of them, and most requests of a file ask for the same few. */
  const found = new Map<string, ReturnType<typeof document.matchOperation>>();
  function operationOf({ method, path }: Request) {
    const key = `${method} ${path}`;
    if (!found.has(key))
      found.set(key, document.matchOperation({ method: method.toLowerCase(), path, headers: {}, query: {} }));
    return found.get(key);
  }

  return {
    /** Why the document does not know such an answer to a request; undefined where it does. The body is null where there is none. */
    whyNotBody(request: Request, status: number, body: unknown): string | undefined {
      const operation = operationOf(request);
      if (!operation) return undefined;
      if (!operation.responses?.[status]) return `${operation.operationId} may not answer ${status}`;
      const { errors } = document.validateResponse(body, operation, status);
      return errors?.length ? `${operation.operationId} ${status}: ${JSON.stringify(errors)}` : undefined;
    },

    /** A request as a client of the document writes it: the path with its placeholders, and its parameters. */
    callOf({ method, path, query = {} }: Request) {
      const operation = document.router.matchOperation({ method: method.toLowerCase(), path, headers: {} }, true);
      const { params } = document.router.parseRequest({ method, path, headers: {} }, operation);
      const numbers = Object.entries(query).map(([name, text]) => [name, /^\d+$/.test(text) ? Number(text) : text]);
      return {
        template: operation.path,
        params: {
          ...(Object.keys(params).length > 0 && { path: params }),
          ...(numbers.length > 0 && { query: Object.fromEntries(numbers) as Record<string, unknown> }),
        },
      };
    },

    /** Says what the document does not allow in a request; undefined where it is as described. */
    whyNotRequest({ method, path, query = {}, body }: Request): string | undefined {
      const operation = operationOf({ method, path });
      if (!operation) return `there is no ${method} ${path}`;
      const headers = { 'content-type': 'application/json', 'idempotency-key': 'a' };
      const { errors } = document.validateRequest({ method: method.toLowerCase(), path, headers, query, body });
      return errors?.length ? `${operation.operationId}: ${JSON.stringify(errors)}` : undefined;
    },
  };
}
