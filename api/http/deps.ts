import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { DatabasePool } from 'slonik';

import type { Caller } from '../../db/people/actors.ts';
import type { VaultKeys } from '../../db/vault.ts';
import type { WebhookReader } from '../../gateways/gateway.ts';
import type { WebhookSender } from '../../gateways/webhooks.ts';
import type { Upload } from './upload.ts';

export type ApiSettings = {
  publicUrl: string;
  /** How long a changed instrument waits before money may go to it. */
  coolingOffDays: number;
  temporalUiUrl?: string | undefined;
};

/** All that the API is given; nothing in it looks anything up by itself. */
export type ApiDeps = {
  db: DatabasePool;
  temporal: Client;
  vault: VaultKeys;
  webhookReaders: Record<WebhookSender, WebhookReader>;
  settings: ApiSettings;
  log: Logger;
};

/** What middleware leaves for the routes: the caller on every path under /v1, the upload and its hash where files are sent. */
export type ApiEnv = { Variables: { requestId: string; caller: Caller; upload: Upload; requestHash?: Uint8Array } };
