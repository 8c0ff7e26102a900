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
    plan: { type: 'string' },
    'plan-rate': { type: 'string', default: '0.1' },
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
  ...(values.plan !== undefined && { plan: { seed: Number(values.plan), rate: Number(values['plan-rate']) } }),
  ...(values.verbose && { log: print }),
});

const { wise, paypal, lob, bank, mail, secrets } = sandbox;
const lines = [
  ['wise', wise.url, `Bearer ${secrets.wise.token}, business profile ${secrets.wise.profile}`],
  ['paypal', paypal.url, `client ${secrets.paypal.clientId}, secret ${secrets.paypal.clientSecret}`],
  ['lob', lob.url, `Basic user ${secrets.lob.key}, webhook secret ${secrets.lob.webhookSecret}`],
  ['bank', bank.url, `Bearer ${secrets.bank.key}`],
  ['mail', mail.url, `shows the mail sent to ${mail.smtpUrl}`],
  ['webhooks', values.webhooks, 'plus /wise, /paypal or /lob: where events are sent'],
  [
    'plan',
    values.plan ?? 'none',
    values.plan === undefined ? 'no faults' : `faults at a rate of ${values['plan-rate']}`,
  ],
] as const;
for (const [name, where, how] of lines) console.log(`${name} ${where} ${how}`);
console.log('ready');

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void sandbox.close().then(() => process.exit(0)));
