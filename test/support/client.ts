import { randomUUID } from 'node:crypto';

import { connect, readPages } from '../../scripts/client.ts';

type Json = Record<string, unknown>;
type Page<T> = { items: T[]; nextCursor: string | null };

/** A client for tests. It sends any body to any path, so that a test can also send what the document does not allow. */
export function createTestClient(url: string, key: string) {
  const ask = connect(url, key);
  const get = <T = Json>(path: string): Promise<T> => ask<T>('get', path);
  return {
    get,
    post: <T = Json>(path: string, body: unknown, idempotencyKey: string = randomUUID()): Promise<T> =>
      ask<T>('post', path, { body, idempotencyKey }),
    put: <T = Json>(path: string, body: unknown): Promise<T> => ask<T>('put', path, { body }),
    patch: <T = Json>(path: string, body: unknown): Promise<T> => ask<T>('patch', path, { body }),
    /** All items of a list, read page by page. */
    all: <T = Json>(path: string): Promise<T[]> =>
      readPages((page) => get<Page<T>>(`${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(page)}`)),
  };
}
