import { readFile } from 'node:fs/promises';

import { NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';

import { createActivities } from '../../../activities/index.ts';
import { RETURN_WINDOWS_DEFAULT } from '../../../domain/payouts/attempt.ts';
import { createMailer } from '../../../notifications/channels/mail.ts';
import { createWorkers } from '../../../worker/workers.ts';
import { VAULT, type World } from '../../fixtures/world.ts';

/** Replaces the world's workers with workers that wait for a provider no longer than this. */
export async function workImpatiently(world: World, askTimeoutMs: number): Promise<() => Promise<void>> {
  await world.workers.pause();
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const mailer = createMailer(world.sandbox.mail.smtpUrl, 'Bursar <payouts@localhost>');
  const workers = await createWorkers({
    connection,
    namespace: world.namespace,
    workflowBundle: { code: await readFile(inject('workflowBundle'), 'utf8') },
    activities: createActivities({
      db: world.db,
      temporal: world.temporal,
      mailer,
      sendWebhook: async () => 204,
      publicUrl: 'https://bursar.example.test',
      log: { error: () => {} },
      addresses: { finance: 'finance@example.test', operators: 'operators@example.test' },
      gateways: world.gateways,
      vault: VAULT,
      returnWindows: { ...RETURN_WINDOWS_DEFAULT, wise: 0 },
      firstPollMs: 200,
      activePayoutsMax: 200,
      askTimeoutMs,
    }),
  });
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return async () => {
    for (const worker of workers) worker.shutdown();
    await ended;
    mailer.close();
    await connection.close();
  };
}
