import { endFailed, endWrongUse, readCommand } from '../command-line.ts';
import { startSandbox } from './index.ts';

const USAGE = `npm run sandbox -- [FLAG VALUE]…
  --dir                       the folder of its books (.data/sandbox)
  --wise-port, --paypal-port, --lob-port, --bank-port, --smtp-port, --mail-port
                              the ports of its servers; 0 takes a free one
  --webhooks                  where events are sent (http://127.0.0.1:4400/webhooks)
  --seed                      the seed of its ids
  --plan, --plan-rate         the seed and the rate of faults; without --plan there are none
  --step-ms, --clear-ms       how long a payment takes
  --verbose                   prints every request
sandbox/README.md explains them.`;

const { values } = readCommand(USAGE, {
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
});

const PORT_MAX = 65_535;

const numberOf = (name: Exclude<keyof typeof values, 'verbose'>, max = Number.MAX_SAFE_INTEGER): number => {
  const text = values[name] ?? '';
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= max) return Number(text);
  return endWrongUse(`--${name} is "${text}", which is not a number from 0 to ${max}. Nothing was started.`, USAGE);
};
const portOf = (name: 'wise' | 'paypal' | 'lob' | 'bank' | 'smtp' | 'mail'): number =>
  numberOf(`${name}-port`, PORT_MAX);

const print = (entry: object) =>
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);

const sandbox = await startSandbox({
  dir: values.dir,
  webhooks: values.webhooks,
  ports: {
    wise: portOf('wise'),
    paypal: portOf('paypal'),
    lob: portOf('lob'),
    bank: portOf('bank'),
    smtp: portOf('smtp'),
    mail: portOf('mail'),
  },
  seed: numberOf('seed'),
  stepMs: numberOf('step-ms'),
  clearMs: numberOf('clear-ms'),
  ...(values.plan !== undefined && { plan: { seed: numberOf('plan'), rate: numberOf('plan-rate', 1) } }),
  ...(values.verbose && { log: print }),
}).catch(endFailed);

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
