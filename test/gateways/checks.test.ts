import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { CurrencyCode } from '../../domain/currency.ts';
import { HOUR_MS } from '../../domain/durations.ts';
import type { Failure } from '../../domain/errors.ts';
import { parseDecimal } from '../../domain/money.ts';
import { positivePayFile } from '../../domain/checks/positive-pay.ts';
import { isRoutingNumber } from '../../domain/payers/routing-number.ts';
import { createCheckBank } from '../../gateways/check-bank/client.ts';
import { readCamt } from '../../gateways/check-bank/camt.ts';
import type { Destination } from '../../gateways/gateway.ts';
import { amountInWords } from '../../gateways/printed-check/amount-words.ts';
import { voidAtBank } from '../../gateways/check-bank/issuing.ts';
import { checkOnFile, checkReference, thawCheck } from '../../gateways/printed-check/request.ts';
import { CHECK_ACCOUNT, LOB_ACCOUNT } from '../../scripts/gateway-check/accounts.ts';
import type { Attempt } from '../../scripts/gateway-check/attempt.ts';
import { PAYEES } from '../../scripts/gateway-check/payees.ts';
import { openFixture, type Fixture } from './fixture.ts';

const signal = () => AbortSignal.timeout(10_000);

describe('given a check', () => {
  let fixture: Fixture;
  let aheadMs = 0;
  /** Runs at the bank just before a number is voided there. */
  let beforeVoid: (() => Promise<void>) | null = null;
  beforeAll(async () => {
    fixture = await openFixture({
      now: () => new Date(Date.now() + aheadMs),
      async fetch(url, init) {
        if (beforeVoid && typeof init?.body === 'string' && init.body.includes('\nV,')) await beforeVoid();
        return fetch(url, init);
      },
    });
  });
  afterEach(async () => {
    aheadMs = 0;
    beforeVoid = null;
    await fixture.calm();
  });
  afterAll(() => fixture.close());

  const bank = () => createCheckBank(fixture.settings.printedCheck, fetch);
  const becomes = (attempt: Attempt, state: string) =>
    expect.poll(async () => (await attempt.read()).state).toBe(state);
  const says = (attempt: Attempt, status: string) =>
    expect.poll(async () => (await attempt.read()).providerStatus).toBe(status);

  type Made = ReturnType<Fixture['attempt']>;
  const statusAtBank = async ({ order }: Made): Promise<string> => {
    const { value } = (await bank().inquire(LOB_ACCOUNT, order.checkNumber ?? 0n, signal())) as {
      value: { status: string };
    };
    return value.status;
  };
  /** How many checks Lob has for an attempt. */
  const madeByLob = async ({ stored }: Made): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`${fixture.settings.lob.apiKey}:`).toString('base64')}`;
    const url = `${fixture.urls.lob}/v1/checks?metadata[attempt]=${stored.key}`;
    const answer = await fetch(url, { headers: { authorization } });
    return ((await answer.json()) as { data: unknown[] }).data.length;
  };

  describe.each([
    { gateway: 'printed-check', site: 'bank', account: CHECK_ACCOUNT },
    { gateway: 'lob', site: 'lob', account: LOB_ACCOUNT },
  ] as const)('that bounces, by $gateway', ({ gateway, site, account }) => {
    const numberOf = ({ order }: Made) => String(order.checkNumber);
    const kinds = async (attempt: Made) =>
      (await fixture.movements('bank', `${account}/${numberOf(attempt)}`)).map(({ kind }) => kind);
    const presentAgain = (attempt: Made) =>
      fixture.control('bank', 'present', { account, number: numberOf(attempt), amount: '50.50' });

    /** A check that the bank paid and reversed, and perhaps paid again, before we looked. */
    async function bounce(outcome: string, then: readonly string[]): Promise<Made> {
      await fixture.control(site, 'outcomes', { match: '50.50', outcome });
      const attempt = fixture.attempt(gateway, { amount: '50.50' });
      await attempt.submit();
      await expect.poll(() => kinds(attempt)).toEqual(then);
      return attempt;
    }

    it('when it bounced then its number is void before it counts as returned, and it is not paid if presented again', async () => {
      const attempt = await bounce('bounced', ['paid', 'returned']);
      const amount = parseDecimal('50.50', 'USD');
      expect(await attempt.read()).toMatchObject({
        state: 'returned',
        providerStatus: 'bounced',
        reason: 'MS03',
        debited: { amount },
        returned: { amount },
        evidence: { bank: 'void' },
      });
      await presentAgain(attempt);
      expect(await kinds(attempt)).toEqual(['paid', 'returned']);
      expect((await attempt.read()).state).toBe('returned');
    });

    it('when it was paid in the end then it is settled', async () => {
      const attempt = await bounce('bounced-then-cleared', ['paid', 'returned', 'paid']);
      expect(await attempt.read()).toMatchObject({ state: 'settled', providerStatus: 'cleared', returned: null });
    });

    it('when it is unclear whether its number is void then nothing is concluded, and the bank is asked again', async () => {
      const attempt = await bounce('bounced', ['paid', 'returned']);
      await fixture.control('bank', 'faults', { match: `V,${account}`, fault: '500-before-commit' });
      await expect(attempt.read()).rejects.toMatchObject({ code: 'gateway_unavailable' });
      expect(await attempt.read()).toMatchObject({ state: 'returned', evidence: { bank: 'void' } });
    });

    it('when the bank pays it while it is being voided then an alarm is raised, and it is settled', async () => {
      const attempt = await bounce('bounced', ['paid', 'returned']);
      beforeVoid = () => presentAgain(attempt);
      expect(await attempt.read()).toMatchObject({ state: 'on_hold', returned: null, alarm: expect.any(String) });
      expect((await attempt.read()).state).toBe('settled');
    });
  });

  describe('that we print', () => {
    it('when the bank did not respond and the number is void by now then it has failed: no check was made', async () => {
      await fixture.control('bank', 'faults', { path: '/positive-pay/files', fault: '500-before-commit' });
      const attempt = fixture.attempt('printed-check');
      expect((await attempt.submit()).state).toBe('unknown');
      await fixture.gateways['printed-check'].checkServices?.stop(attempt.stored, signal());
      expect(await attempt.resolve()).toMatchObject({ state: 'failed', evidence: { bank: 'void' } });
    });

    it('when it is stopped before it is printed then it is no longer printed', async () => {
      await fixture.control('bank', 'outcomes', { match: '66.60', outcome: 'never-cleared' });
      const attempt = fixture.attempt('printed-check', { amount: '66.60' });
      const dying = async (step: string) => {
        attempt.stored.step = step;
        throw new Error('killed');
      };
      await expect(fixture.gateways['printed-check'].submit(attempt.stored, dying, signal())).rejects.toThrow('killed');
      await fixture.gateways['printed-check'].checkServices?.stop(attempt.stored, signal());
      const dead = await attempt.resolve();
      expect(dead).toMatchObject({ state: 'failed', evidence: { bank: 'stopped' } });
      await expect(stat(join(fixture.printDir, `${dead.reference}.pdf`))).rejects.toThrow('ENOENT');
    });

    it('when its number is already on file at the bank then no check is made, even if the amount is the same', async () => {
      const first = fixture.attempt('printed-check');
      await first.submit();
      const second = fixture.attempt('printed-check', { checkNumber: first.order.checkNumber ?? 0n });
      expect(await second.submit()).toMatchObject({ state: 'failed', providerStatus: 'number in use' });
      expect((await first.read()).state).not.toBe('failed');
    });

    it('when it is sent then there is a PDF that only its user may read and whose name does not show the account', async () => {
      const attempt = fixture.attempt('printed-check');
      await attempt.submit();
      const file = join(fixture.printDir, `${attempt.stored.reference}.pdf`);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect((await readFile(file)).subarray(0, 5).toString()).toBe('%PDF-');
      expect(file).not.toContain(CHECK_ACCOUNT);
      expect((await readdir(fixture.printDir)).filter((name) => name.startsWith('.'))).toEqual([]);
    });

    it('when it is printed again then a check that already exists is not replaced', async () => {
      const attempt = fixture.attempt('printed-check');
      await attempt.submit();
      const file = join(fixture.printDir, `${attempt.stored.reference}.pdf`);
      await chmod(file, 0o600);
      await writeFile(file, 'taken to the printer');
      await attempt.resolve();
      expect(await readFile(file, 'utf8')).toBe('taken to the printer');
    });

    it('when it is voided before anybody has it then it has failed, and the bank would not pay it', async () => {
      await fixture.control('bank', 'outcomes', { match: 'Void Vera', outcome: 'never-cleared' });
      const attempt = fixture.attempt('printed-check', { destination: payee('Void Vera') });
      await attempt.submit();
      await voidAtBank(bank(), checkOnFile(thawCheck(attempt.stored.request)), signal());
      expect(await attempt.read()).toMatchObject({ state: 'failed', providerStatus: 'void', debited: null });
    });

    it('when its payment is stopped at the bank then it has failed, because no money will move', async () => {
      await fixture.control('bank', 'outcomes', { match: 'Lost Lena', outcome: 'never-cleared' });
      const attempt = fixture.attempt('printed-check', { destination: payee('Lost Lena') });
      await attempt.submit();
      expect((await attempt.read()).state).toBe('sent');
      await bank().stop(CHECK_ACCOUNT, attempt.order.checkNumber ?? 0n, null, signal());
      expect(await attempt.read()).toMatchObject({ state: 'failed', reason: 'stopped' });
    });

    it.each([
      { wrong: 'letters that the printer does not have', destination: payee('Łukasz 李') },
      { wrong: 'a name that does not fit', destination: payee('x'.repeat(61)) },
      { wrong: 'no name', destination: payee(' ') },
    ])('when it has $wrong then it is refused before anything is sent', ({ destination }) => {
      expect(() => fixture.gateways['printed-check'].freeze(fixture.order('printed-check', { destination }))).toThrow(
        expect.objectContaining({ code: 'recipient_rejected' }),
      );
    });
  });

  describe('that Lob mails', () => {
    it('when it is returned to sender then it still counts as sent, and a person is asked, until the bank confirms a stop', async () => {
      await fixture.control('lob', 'outcomes', { match: 'Moved Mona', outcome: 'returned-to-sender' });
      const attempt = fixture.attempt('lob', { destination: payee('Moved Mona') });
      await attempt.submit();
      await says(attempt, 'returned_to_sender');
      const told = await attempt.read();
      expect(told).toMatchObject({ state: 'sent', debited: null, alarm: null, task: { kind: 'check_returned_mail' } });
      await fixture.gateways.lob.checkServices?.stop(attempt.stored, signal());
      expect((await attempt.read()).state).toBe('failed');
    });

    it('when it is delivered but nobody cashes it then it is not settled', async () => {
      await fixture.control('lob', 'outcomes', { match: 'Forgetful Flo', outcome: 'never-cleared' });
      const attempt = fixture.attempt('lob', { destination: payee('Forgetful Flo') });
      await attempt.submit();
      await says(attempt, 'delivered');
      expect((await attempt.read()).state).toBe('sent');
    });

    it('when Lob has forgotten the key after a day then its checks are searched by our key, and no second check is made', async () => {
      await fixture.control('lob', 'faults', { method: 'POST', path: '/v1/checks', fault: 'commit-then-drop' });
      const attempt = fixture.attempt('lob');
      expect((await attempt.submit()).state).toBe('unknown');
      aheadMs = 25 * HOUR_MS;
      await fixture.control('lob', 'clock', { advanceMs: 25 * HOUR_MS });
      expect((await attempt.resolve()).reference).toMatch(/^chk_/);
      await becomes(attempt, 'settled');
      expect(await fixture.movements('lob', attempt.stored.key)).toHaveLength(1);
    });

    it('when Lob neither responded nor has it after a day then it is not sent again, and a person decides', async () => {
      await fixture.control('lob', 'faults', { method: 'POST', path: '/v1/checks', fault: 'drop-before-commit' });
      const attempt = fixture.attempt('lob');
      await attempt.submit();
      aheadMs = 25 * HOUR_MS;
      expect(await attempt.resolve()).toMatchObject({ state: 'unknown', task: { kind: 'outcome_unknown' } });

      await fixture.gateways.lob.checkServices?.stop(attempt.stored, signal());
      expect(await attempt.resolve()).toMatchObject({ state: 'failed', evidence: { bank: 'stopped' } });
    });

    it('when Lob did not respond and the payment is stopped then the request is not repeated, because a dead check must not be mailed', async () => {
      await fixture.control('lob', 'faults', { method: 'POST', path: '/v1/checks', fault: 'drop-before-commit' });
      const attempt = fixture.attempt('lob');
      await attempt.submit();
      await fixture.gateways.lob.checkServices?.stop(attempt.stored, signal());
      expect(await attempt.resolve()).toMatchObject({ state: 'failed', reference: null });
      expect(await madeByLob(attempt)).toBe(0);
    });

    describe('and has not mailed yet', () => {
      let slow: Fixture;
      beforeAll(async () => {
        slow = await openFixture({ stepMs: HOUR_MS });
      });
      afterEach(() => slow.calm());
      afterAll(() => slow.close());

      it.each(['no fault', 'commit-then-drop'])(
        'when it is stopped after %s then Lob cancels it, so that no check arrives that the bank does not pay',
        async (fault) => {
          if (fault !== 'no fault') await slow.control('lob', 'faults', { method: 'POST', path: '/v1/checks', fault });
          const attempt = slow.attempt('lob');
          await attempt.submit();
          expect(await slow.gateways.lob.checkServices?.stop(attempt.stored, signal())).toMatchObject({
            outcome: 'stopped',
          });
          expect(await attempt.resolve()).toMatchObject({
            state: 'failed',
            providerStatus: 'deleted',
            evidence: { bank: 'void' },
          });
        },
      );

      it('when it is stopped while Lob cannot cancel it then the stop still holds', async () => {
        const attempt = slow.attempt('lob');
        await attempt.submit();
        await slow.control('lob', 'faults', { method: 'DELETE', path: '/v1/checks/', fault: 'drop-before-commit' });
        expect(await slow.gateways.lob.checkServices?.stop(attempt.stored, signal())).toMatchObject({
          outcome: 'stopped',
        });
        expect(await attempt.read()).toMatchObject({ state: 'failed', evidence: { bank: 'stopped' } });
      });
    });

    it('when the bank has not acknowledged it then Lob is not asked', async () => {
      await fixture.control('bank', 'faults', { path: '/positive-pay/files', fault: '500-before-commit' });
      const attempt = fixture.attempt('lob');
      expect((await attempt.submit()).state).toBe('unknown');
      expect(await madeByLob(attempt)).toBe(0);
      await attempt.resolve();
      await becomes(attempt, 'settled');
    });

    it.each([
      { after: 'the bank acknowledged it', saves: 1 },
      { after: 'we stored that Lob may be asked', saves: 2 },
    ])(
      'when the worker dies after $after then the next one continues, and the check is mailed once',
      async ({ saves }) => {
        const attempt = fixture.attempt('lob');
        let saved = 0;
        const dying = async (step: string) => {
          attempt.stored.step = step;
          if ((saved += 1) === saves) throw new Error('killed');
        };
        await expect(fixture.gateways.lob.submit(attempt.stored, dying, signal())).rejects.toThrow('killed');
        expect(await madeByLob(attempt)).toBe(0);
        await attempt.resolve();
        await becomes(attempt, 'settled');
        expect(await fixture.movements('lob', attempt.stored.key)).toHaveLength(1);
      },
    );

    it('when Lob definitely refuses it then it fails only after the bank confirms that its number is void', async () => {
      const account = { ...fixture.payerAccounts.lob, lobBankAccountId: 'bank_unknown' };
      const attempt = fixture.attempt('lob', { account });
      const voiding = { path: '/positive-pay/files', match: `V,${LOB_ACCOUNT}` };
      await fixture.control('bank', 'faults', { ...voiding, fault: '500-before-commit', times: 2 });
      expect((await attempt.submit()).state).toBe('unknown');
      expect((await attempt.resolve()).state).toBe('unknown');
      expect(await statusAtBank(attempt)).toBe('issued');
      expect(await attempt.resolve()).toMatchObject({ state: 'failed', reason: 'invalid', evidence: { bank: 'void' } });
      expect(await statusAtBank(attempt)).toBe('void');
    });

    it('when Lob cannot print it then its number is void before it fails', async () => {
      await fixture.control('lob', 'outcomes', { match: 'Smudged Sam', outcome: 'fail' });
      const attempt = fixture.attempt('lob', { destination: payee('Smudged Sam') });
      await fixture.control('bank', 'faults', { match: `V,${LOB_ACCOUNT}`, fault: '500-before-commit' });
      await attempt.submit();
      const codes = async () =>
        attempt.read().then(
          ({ state }) => state,
          ({ code }: Failure) => code,
        );
      await expect.poll(codes).toBe('gateway_unavailable');
      expect(await attempt.read()).toMatchObject({ state: 'failed', evidence: { bank: 'void' } });
      expect(await statusAtBank(attempt)).toBe('void');
    });

    it.each([0n, 500_000_001n])('when its number is %s then it is refused before anything is sent', (checkNumber) => {
      expect(() => fixture.gateways.lob.freeze({ ...fixture.order('lob'), checkNumber })).toThrow(
        expect.objectContaining({ code: 'recipient_rejected' }),
      );
    });

    it.each([
      { wrong: 'euros', wish: { currency: 'EUR' as const } },
      { wrong: 'a million', wish: { amount: '1000000.00' } },
      { wrong: 'an address abroad', wish: { destination: addressed({ country: 'CA' }) } },
      { wrong: 'a street that does not fit', wish: { destination: addressed({ line1: 'x'.repeat(51) }) } },
      { wrong: 'no ZIP code', wish: { destination: addressed({ postalCode: '6270' }) } },
    ])('when it has $wrong then it is refused before anything is sent', ({ wish }) => {
      expect(() => fixture.gateways.lob.freeze(fixture.order('lob', wish))).toThrow(
        expect.objectContaining({ code: 'recipient_rejected' }),
      );
    });
  });
});

function payee(name: string): Destination {
  return { ...PAYEES.lob, payee: name } as Destination;
}

function addressed(part: Record<string, string>): Destination {
  const base = PAYEES.lob as Extract<Destination, { method: 'check' }>;
  return { ...base, address: { ...base.address, ...part } };
}

describe('given the legal line of a check', () => {
  it.each<[string, CurrencyCode, string]>([
    ['0.05', 'USD', 'Zero and 05/100 Dollars'],
    ['1.00', 'USD', 'One and 00/100 Dollars'],
    ['13.99', 'USD', 'Thirteen and 99/100 Dollars'],
    ['21.50', 'USD', 'Twenty-one and 50/100 Dollars'],
    ['100.00', 'USD', 'One hundred and 00/100 Dollars'],
    ['1002.10', 'USD', 'One thousand two and 10/100 Dollars'],
    ['999999.99', 'USD', 'Nine hundred ninety-nine thousand nine hundred ninety-nine and 99/100 Dollars'],
    ['1000000.00', 'EUR', 'One million and 00/100 Euros'],
    ['1240', 'JPY', 'One thousand two hundred forty Yen'],
    ['1.005', 'KWD', 'One and 005/1000 Dinars'],
    ['1.50', 'THB', 'One and 50/100 THB'],
  ])('when the amount is %s %s then it reads "%s"', (amount, currency, words) => {
    expect(amountInWords(parseDecimal(amount, currency))).toBe(words);
  });
});

describe('given two accounts with the same last four digits', () => {
  it('when both write check 7 then the names differ, and neither reveals its account', () => {
    const [first, second] = [checkReference('111111115678', 7n), checkReference('222222225678', 7n)];
    expect(first).not.toBe(second);
    expect(first).toMatch(/^5678-[0-9a-f]{4}-7$/);
  });
});

describe('given a routing number', () => {
  it.each([
    { text: '021000021', isValid: true, because: 'its checksum divides by ten' },
    { text: '021000022', isValid: false, because: 'a digit is wrong' },
    { text: '201000021', isValid: false, because: 'two digits are swapped' },
    { text: '000000000', isValid: false, because: 'no bank has it, although its checksum divides by ten' },
    { text: '02100002', isValid: false, because: 'a digit is missing' },
  ])('when it is $text then valid is $isValid: $because', ({ text, isValid }) => {
    expect(isRoutingNumber(text)).toBe(isValid);
  });
});

describe('given the file that reports our checks to the bank', () => {
  it('when a payee contains commas and quotes then it stays one field', () => {
    const amount = parseDecimal('1234.50', 'USD');
    const common = { account: '123456789', amount, date: '2026-11-23' };
    const file = positivePayFile([
      { ...common, type: 'issue', number: 1001n, payee: 'Smith, "Bob" & Co' },
      { ...common, type: 'void', number: 1002n, payee: 'Ann' },
    ]);
    expect(file).toBe(
      'type,account,number,amount,currency,date,payee\r\n' +
        'I,123456789,1001,1234.50,USD,2026-11-23,"Smith, ""Bob"" & Co"\r\n' +
        'V,123456789,1002,1234.50,USD,2026-11-23,Ann\r\n',
    );
  });
});

describe('given a bank statement in camt.053', () => {
  const entry = (parts: string) => `<Ntry>${parts}<BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>BK1</AcctSvcrRef>
    <NtryDtls><TxDtls><Refs><ChqNb>001042</ChqNb></Refs></TxDtls></NtryDtls></Ntry>`;
  const statement = (entries: string) =>
    `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>${entries}</Stmt></BkToCstmrStmt></Document>`;

  it.each([
    { version: '.08', status: '<Sts><Cd>BOOK</Cd></Sts>' },
    { version: '.02', status: '<Sts>BOOK</Sts>' },
  ])(
    'when its version is $version then amounts are exact, and leading zeros do not change the check number',
    ({ status }) => {
      const [line] = readCamt(
        statement(entry(`<Amt Ccy="USD">90071992547409.93</Amt><CdtDbtInd>DBIT</CdtDbtInd>${status}`)),
      );
      expect(line).toMatchObject({
        amount: { minor: -9_007_199_254_740_993n, currency: 'USD' },
        checkNumber: 1042n,
        isReversal: false,
      });
    },
  );

  it('when a line is only pending then it is left out', () => {
    expect(
      readCamt(statement(entry('<Amt Ccy="USD">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>'))),
    ).toEqual([]);
  });

  it.each(['', '<html></html>', '<Document><BkToCstmrStmt>'])(
    'when it is not a statement then it is refused and not read as empty: %s',
    (text) => {
      expect(() => readCamt(text)).toThrow(/\S/);
    },
  );

  it.each([
    { what: 'an entity bomb', doctype: '<!DOCTYPE Document [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;">]>' },
    { what: 'a file of the machine', doctype: '<!DOCTYPE Document [<!ENTITY b SYSTEM "file:///etc/passwd">]>' },
    { what: 'nothing at all', doctype: '<!DOCTYPE Document>' },
  ])('when its DOCTYPE declares $what then it is refused, though the rest is a statement', ({ doctype }) => {
    const line = '<Amt Ccy="USD">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryRef>&b;</NtryRef>';
    const good = statement(entry(line));
    expect(readCamt(good)).toHaveLength(1);
    expect(() => readCamt(good.replace('?>', `?>${doctype}`))).toThrow('DOCTYPE');
  });
});
