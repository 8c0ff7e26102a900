import { spawnSync } from 'node:child_process';

import { endFailed } from '../command-line.ts';
import { choosePorts } from './stack/ports.ts';
import { CLI } from './stack/temporal.ts';

/** `npm run temporal -- …` is Temporal's own command line. It asks the server in TEMPORAL_ADDRESS, or the server of `npm start`. */

try {
  const { TEMPORAL_ADDRESS = `127.0.0.1:${choosePorts(process.env).temporal}` } = process.env;
  const env = { ...process.env, TEMPORAL_ADDRESS };
  const { status, error } = spawnSync(CLI, process.argv.slice(2), { env, stdio: 'inherit' });
  if (error) throw error;
  process.exitCode = status ?? 1;
} catch (error) {
  endFailed(error);
}
