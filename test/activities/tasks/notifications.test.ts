import { sql } from 'slonik';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createNotificationActivities } from '../../../activities/tasks/notifications.ts';
import { createMailer } from '../../../notifications/channels/mail.ts';
import { freePort } from '../../../scripts/stack/ports.ts';
import { type Company, openCompany } from '../../fixtures/company.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { runBecomes } from '../../fixtures/runs.ts';
import { openWorld, type World, VAULT } from '../../fixtures/world.ts';
import {
  addPayees,
  alarmsOf,
  allBecome,
  type Business,
  openBusiness,
  prepare,
  startPaying,
  sweep,
  tell,
} from '../../workflows/fixture.ts';

let world: World;
let company: Company;

beforeAll(async () => {
  world = await openWorld();
  company = await openCompany(world);
});
afterAll(() => world.close());

type Mail = { to: string[]; subject: string; headers: Record<string, string> };

const mails = async (to: string): Promise<Mail[]> =>
  (await (await fetch(`${world.sandbox.mail.url}/messages?to=${encodeURIComponent(to)}`)).json()) as Mail[];

const subjects = async (to: string) => (await mails(to)).map(({ subject }) => subject).toSorted();

const open = async (code: string): Promise<Business> => {
  const business = await openBusiness(company, { code });
  await addPayees(business, [{ name: 'ann', method: 'paypal', amount: '10.00' }]);
  return business;
};

describe('given a month that was paid', () => {
  it('when the sweep runs again, and twice at once, then each event is one mail to each audience', async () => {
    const business = await openBusiness(company, { code: 'mails' });
    await addPayees(business, [
      { name: 'ann', method: 'paypal', amount: '10.00' },
      { name: 'bob', method: 'paypal', receiver: 'failed-bob@example.test', amount: '11.00' },
    ]);
    const run = await startPaying(business);
    await allBecome(business, run, 'settled', 'failed');
    await runBecomes(company, run.id, 'disbursed');

    await Promise.all([sweep(world), sweep(world)]);
    await sweep(world);

    expect(await subjects('mails-ann@example.test')).toEqual(['Your payout of 10.00 USD has settled']);
    expect(await subjects('mails-bob@example.test')).toEqual(['Your payout of 11.00 USD could not be made']);
    expect((await subjects('finance@example.test')).filter((subject) => subject.includes('mails'))).toEqual([
      'The mails run up to 2026-03-01 is approved', // nobody is asked to approve it any longer
    ]);
  });

  it('when a gateway refuses us for many payouts then the operators get one mail', async () => {
    const business = await openBusiness(company, { code: 'refused' });
    await addPayees(
      business,
      ['ann', 'bob', 'cem'].map((name) => ({ name, method: 'paypal' as const, amount: '10.00' })),
    );
    await tell(world, 'paypal', 'balance', { currency: 'USD', amount: '0.01' });
    const run = await startPaying(business);
    await eventually('an alarm is raised', async () => (await alarmsOf(business)).length > 0);

    await sweep(world);
    await sweep(world);

    expect(await subjects('operators@example.test')).toEqual(['Alarm: gateway_refused (gateway/paypal)']);
    await tell(world, 'paypal', 'balance', { currency: 'USD', amount: '1000.00' });
    await company.operator.api.post('/v1/gateways/paypal/resume', {});
    await sweep(world);
    await allBecome(business, run, 'settled');
  });
});

describe('given a run that waits for its decision', () => {
  it('when two days pass then approvers are reminded once a day, however often the run is read', async () => {
    const business = await open('reminded');
    const { id } = await prepare(business);
    for (const days of [1, 1, 2, 2]) {
      await world.db.query(sql.unsafe`
        update payout_run set review_since = now() - ${days} * interval '1 day' where id = ${id}`);
      await world.activities.reviewRun(id);
    }
    await sweep(world);

    expect((await subjects('finance@example.test')).filter((subject) => subject.includes('reminded'))).toEqual([
      'Reminder 1: the reminded run up to 2026-03-01 is waiting for approval',
      'Reminder 2: the reminded run up to 2026-03-01 is waiting for approval',
      'The reminded run up to 2026-03-01 is waiting for approval',
    ]);
  });
});

describe('given a mail server that is down', () => {
  it('when it is back then each waiting notice is sent once', async () => {
    const business = await open('down');
    await allBecome(business, await startPaying(business), 'settled');
    const nobody = createMailer(`smtp://127.0.0.1:${await freePort()}`, 'Bursar <payouts@localhost>');
    const addresses = { finance: 'finance@example.test', operators: 'operators@example.test' };
    await createNotificationActivities({
      db: world.db,
      mailer: nobody,
      addresses,
      publicUrl: world.url,
      vault: VAULT,
      log: { error: () => {} },
    }).sendNotifications();
    nobody.close();
    expect(await subjects('down-ann@example.test')).toEqual([]);

    await sweep(world);
    expect(await subjects('down-ann@example.test')).toEqual([]); // it waits before it tries again
    await world.db.query(sql.unsafe`update notification set due_at = now() where sent_at is null`);
    await sweep(world);

    expect(await subjects('down-ann@example.test')).toEqual(['Your payout of 10.00 USD has settled']);
  });
});
