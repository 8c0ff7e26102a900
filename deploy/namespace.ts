import { parseArgs } from 'node:util';

import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

import { DAY_MS } from '../domain/durations.ts';
import { SEARCH_ATTRIBUTES } from '../temporal/search-attributes.ts';

const GRPC_NOT_FOUND = 5;
const RETENTION_MS = 30 * DAY_MS;

/** The numbers of `temporal.api.enums.v1.IndexedValueType`, which the client does not export. */
const TYPE_NUMBERS = { Keyword: 2, Int: 3, Bool: 5, Datetime: 6 } as const;
export type SearchAttributes = Record<string, keyof typeof TYPE_NUMBERS>;

/**
 * Prepares a namespace, and creates it if it does not exist. Closed workflows are kept for 30 days (the dev server's default is
 * one), and operators can search by our attributes. This is safe to repeat and removes nothing.
 */
export async function prepareNamespace(
  address: string,
  namespace: string,
  searchAttributes: SearchAttributes = SEARCH_ATTRIBUTES,
): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await keepForMonth(connection, namespace);
    await addSearchAttributes(connection, namespace, searchAttributes);
  } finally {
    await connection.close();
  }
}

async function keepForMonth({ workflowService }: Connection, namespace: string): Promise<void> {
  const workflowExecutionRetentionPeriod = msToTs(RETENTION_MS);
  const found = await workflowService.describeNamespace({ namespace }).catch(undefinedIfNotFound);
  if (!found) return void (await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }));
  const seconds = Number(found.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  if (seconds * 1000 >= RETENTION_MS) return;
  const config = { workflowExecutionRetentionTtl: workflowExecutionRetentionPeriod };
  await workflowService.updateNamespace({ namespace, config });
}

function undefinedIfNotFound(error: unknown): undefined {
  const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  if (code === GRPC_NOT_FOUND) return undefined;
  throw error;
}

async function addSearchAttributes({ operatorService }: Connection, namespace: string, wanted: SearchAttributes) {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(wanted).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  await operatorService.addSearchAttributes({ namespace, searchAttributes: asTypeNumbers(missing) });
}

/** Search attributes as the server takes them: each name with the number of its type. */
export const asTypeNumbers = (attributes: readonly (readonly [string, keyof typeof TYPE_NUMBERS])[]) =>
  Object.fromEntries(attributes.map(([name, type]) => [name, TYPE_NUMBERS[type]]));

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      address: { type: 'string', default: '127.0.0.1:7233' },
      namespace: { type: 'string', default: 'default' },
    },
  });
  await prepareNamespace(values.address, values.namespace);
  console.log(`namespace ${values.namespace} at ${values.address} is ready`);
}
