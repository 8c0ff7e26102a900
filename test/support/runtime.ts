import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let runtime: Runtime | undefined;

/** Called before anything connects to Temporal: what the SDK has to say is heard only where it is an error. */
export function quietRuntime(): void {
  runtime ??= Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
}
