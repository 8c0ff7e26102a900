import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { DatabasePool } from 'slonik';

import type { Caller } from '../../db/people/keys.ts';
import type { Visitor } from '../../db/people/sessions.ts';
import type { VaultKeys } from '../../db/vault.ts';
import type { ReturnWindows } from '../../domain/payouts/attempt.ts';
import type { WebhookReader } from '../../gateways/gateway.ts';
import type { WebhookSender } from '../../gateways/webhooks.ts';
import type { IdentityProvider } from './identity-provider.ts';

export type ApiSettings = {
  publicUrl: string;
  /** The time that a changed instrument waits before money may go to it. */
  coolingOffDays: number;
  /** How long money may come back after it was sent. */
  returnWindows: ReturnWindows;
  /** Whether webhooks may go to this machine, for tests and the sandbox. */
  webhooksLocal?: boolean;
  temporalUiUrl?: string | undefined;
};

/** Everything that the API depends on. No file of the API finds a dependency by itself. */
export type ApiDeps = {
  db: DatabasePool;
  temporal: Client;
  vault: VaultKeys;
  webhookReaders: Record<WebhookSender, WebhookReader>;
  /** The company's own provider of identities. Without one, people sign in with passkeys alone. */
  identityProvider?: IdentityProvider | undefined;
  settings: ApiSettings;
  log: Logger;
};

/** A form with files: its fields as text, and the paths of its files, which are kept until the request is answered. */
export type Upload = { fields: Map<string, string>; files: Map<string, UploadedFile> };
export type UploadedFile = { path: string; fileName: string; sha256: string };

/** The server gives this with each request that comes over a connection. The caller is known once `admit` is called. */
export type Connected = { admit?: () => void };

/** Does work that reads what the person may see. */
export type Reading = <Done>(work: () => Promise<Done>) => Promise<Done>;

/** Middleware sets this for the routes: the caller on every path under /v1, the upload and its hash where files are sent, and the lines where events are sent as lines. */
export type ApiEnv = {
  Bindings: Connected;
  Variables: {
    visitor?: Visitor;
    /** For a form, which writes as the app does, and draws itself again for its reader. */
    reading?: Reading;
    requestId: string;
    caller: Caller;
    upload: Upload;
    requestHash?: Uint8Array;
    lines?: UploadedFile;
  };
};
