import { Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let runtime: Runtime | undefined;

/** Called before anything connects to Temporal: what the SDK has to say is heard only where it is an error. */
export function quietRuntime(): void {
  runtime ??= Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
}

let connection: Promise<Connection> | undefined;

/**
 * The one connection of this process. It stays open: a webhook may have left a signal in flight when its world closed, and the client
 * retries such a signal later.
 */
export const connectOnce = (address: string): Promise<Connection> => (connection ??= Connection.connect({ address }));
