import { parseArgs } from 'node:util';

import { startSandbox } from './index.ts';

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: '.data/sandbox' },
    'wise-port': { type: 'string', default: '4411' },
    'paypal-port': { type: 'string', default: '4412' },
    'lob-port': { type: 'string', default: '4413' },
    'bank-port': { type: 'string', default: '4414' },
    'smtp-port': { type: 'string', default: '4425' },
    'mail-port': { type: 'string', default: '4426' },
    webhooks: { type: 'string', default: 'http://127.0.0.1:4400/webhooks' },
    seed: { type: 'string', default: '1' },
    'step-ms': { type: 'string', default: '200' },
    'clear-ms': { type: 'string', default: '1000' },
    verbose: { type: 'boolean', default: false },
  },
});

const print = (entry: object) =>
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);

const sandbox = await startSandbox({
  dir: values.dir,
  webhooks: values.webhooks,
  ports: {
    wise: Number(values['wise-port']),
    paypal: Number(values['paypal-port']),
    lob: Number(values['lob-port']),
    bank: Number(values['bank-port']),
    smtp: Number(values['smtp-port']),
    mail: Number(values['mail-port']),
  },
  seed: Number(values.seed),
  stepMs: Number(values['step-ms']),
  clearMs: Number(values['clear-ms']),
  ...(values.verbose && { log: print }),
});

for (const name of ['wise', 'paypal', 'lob', 'bank', 'mail'] as const) console.log(`${name} ${sandbox[name].url}`);
console.log(`smtp ${sandbox.mail.smtpUrl}`);
console.log('ready');

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
