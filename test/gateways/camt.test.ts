import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { money } from '../../domain/money.ts';
import { isUnread, readCamt } from '../../gateways/check-bank/camt.ts';
import type { CheckBank } from '../../gateways/check-bank/client.ts';
import { followCheck } from '../../gateways/check-bank/following.ts';

const [NOW, SIGNAL] = [new Date('2026-11-25'), AbortSignal.timeout(60_000)];

/** Statements as banks publish them, if they are next to the checkout. `CAMT_FILES` names another folder. */
const FOLDER = process.env['CAMT_FILES'] ?? resolve(import.meta.dirname, '../../../shared/data/camt');
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.xml')) : [];
if (FILES.length === 0) console.warn(`SKIPPED: there are no statements at ${FOLDER}, so none of them is read.`);

const statement = (...entries: readonly string[]) =>
  `<Document><BkToCstmrStmt><Stmt><Id>1</Id>${entries.join('')}</Stmt></BkToCstmrStmt></Document>`;

/** A debit of 1.00 by check 7; its parts may be replaced. */
const entry = (
  part: { amount?: string; status?: string; booked?: string; value?: string; ref?: string; details?: string } = {},
) => {
  const { amount = '<Amt Ccy="USD">1.00</Amt>', status = '<Sts>BOOK</Sts>' } = part;
  const { booked = '<BookgDt><Dt>2026-11-23</Dt></BookgDt>', value = '', ref = '<AcctSvcrRef>B1</AcctSvcrRef>' } = part;
  const { details = '<NtryDtls><TxDtls><Refs><ChqNb>7</ChqNb></Refs></TxDtls></NtryDtls>' } = part;
  return `<Ntry>${amount}<CdtDbtInd>DBIT</CdtDbtInd>${status}${booked}${value}${ref}${details}</Ntry>`;
};

describe('given a camt.053 statement of a bank', () => {
  it.each([
    { has: 'the reference of its account servicer', id: '2026-11-23/B1', part: {} },
    { has: 'only its own number', id: '2026-11-23/N1', part: { ref: '<NtryRef>N1</NtryRef>' } },
    {
      has: 'a reference only in its details',
      id: '2026-11-23/D1',
      part: { ref: '', details: '<NtryDtls><TxDtls><Refs><AcctSvcrRef>D1</AcctSvcrRef></Refs></TxDtls></NtryDtls>' },
    },
    { has: 'no reference', id: '2026-11-23/no reference', part: { ref: '', details: '' } },
  ])('when an entry has $has then it is read, because every reference is optional', ({ id, part }) => {
    expect(readCamt(statement(entry(part)))).toMatchObject([{ id, amount: { minor: -100n } }]);
  });

  it.each([
    { written: '<Dt>2026-11-23</Dt>', at: '2026-11-23T00:00:00.000Z' },
    { written: '<Dt>2026-11-23+02:00</Dt>', at: '2026-11-23T00:00:00.000Z' },
    { written: '<Dt>2026-11-23Z</Dt>', at: '2026-11-23T00:00:00.000Z' },
    { written: '<DtTm>2026-11-23T13:47:43.673741+01:00</DtTm>', at: '2026-11-23T12:47:43.673Z' },
    { written: '<DtTm>2026-11-23T13:47:43</DtTm>', at: '2026-11-23T13:47:43.000Z' },
  ])('when an entry is booked on $written then that is $at', ({ written, at }) => {
    const read = readCamt(statement(entry({ booked: `<BookgDt>${written}</BookgDt>` })));
    expect(read).toMatchObject([{ bookedAt: new Date(at) }]);
  });

  it('when an entry has only a value date then that is its day', () => {
    const part = { booked: '', value: '<ValDt><Dt>2026-11-24</Dt></ValDt>' };
    expect(readCamt(statement(entry(part)))).toMatchObject([{ bookedAt: new Date('2026-11-24') }]);
  });

  it.each([
    { wrong: 'an amount with too many digits', part: { amount: '<Amt Ccy="USD">1.001</Amt>' }, says: 'Amt' },
    { wrong: 'a currency that does not exist', part: { amount: '<Amt Ccy="XYZ">1.00</Amt>' }, says: 'Amt.@Ccy' },
    { wrong: 'no status', part: { status: '' }, says: 'Sts' },
    { wrong: 'no date', part: { booked: '' }, says: 'BookgDt' },
    {
      wrong: 'a date that does not exist',
      part: { booked: '<BookgDt><Dt>2026-13-45</Dt></BookgDt>' },
      says: 'BookgDt',
    },
  ])('when one entry has $wrong then it is named, and the others are read', ({ part, says }) => {
    const read = readCamt(statement(entry(), entry(part), entry()));
    expect(read.map(isUnread)).toEqual([false, true, false]);
    expect(read[1]).toMatchObject({ checkNumber: 7n, problem: expect.stringContaining(says) });
  });

  it('when one entry covers several checks then it counts for none of them, and a person is told', () => {
    const checks = ['7', '8'].map((number) => `<TxDtls><Refs><ChqNb>${number}</ChqNb></Refs></TxDtls>`);
    const both = entry({ details: `<NtryDtls>${checks.join('')}</NtryDtls>` });
    const same = entry({
      details: `<NtryDtls>${checks[0]}<TxDtls><Refs><ChqNb>0007</ChqNb></Refs></TxDtls></NtryDtls>`,
    });
    expect(readCamt(statement(both, same))).toMatchObject([
      { checkNumber: null, problem: 'it covers several checks: 7, 8' },
      { checkNumber: 7n, amount: { minor: -100n } },
    ]);
  });

  it('when a card is masked in the place of a check number then it is not a check of ours', () => {
    const details = '<NtryDtls><TxDtls><Refs><ChqNb>************6579</ChqNb></Refs></TxDtls></NtryDtls>';
    expect(readCamt(statement(entry({ details })))).toMatchObject([{ checkNumber: null }]);
  });

  it.skipIf(FILES.length === 0).each(FILES)('when it is %s then every booked entry of it is read', (file) => {
    const xml = readFileSync(resolve(FOLDER, file), 'utf8');
    const entries = xml.match(/<Ntry>.*?<\/Ntry>/gs) ?? [];
    const booked = entries.filter((one) => /<Sts>\s*(<Cd>)?\s*BOOK/.test(one));
    const read = readCamt(xml);
    expect(read).toHaveLength(booked.length);
    expect(read.filter(isUnread)).toEqual([]);
  });
});

describe('given check 7 of 1.00 and the lines that the bank shows about it', () => {
  const follow = (...entries: readonly string[]) => {
    const bank = {
      entries: async () => ({ kind: 'done', value: readCamt(statement(...entries)), evidence: {} }),
      file: async () => ({ kind: 'done', value: { fileId: 'F', alreadyOnFile: '0', rejected: [] }, evidence: {} }),
    } as unknown as CheckBank;
    const check = { account: 'a', number: 7n, amount: money(100n, 'USD'), date: '2026-11-20', payee: 'Paula' };
    return followCheck(bank, { ...check, issuedAt: NOW }, { reference: 'r', now: NOW }, SIGNAL);
  };
  const reversal = (ind: string) =>
    entry({ ref: '<AcctSvcrRef>B2</AcctSvcrRef>' }).replace(
      'DBIT</CdtDbtInd>',
      `${ind}</CdtDbtInd><RvslInd>true</RvslInd>`,
    );

  it.each([
    { lines: 'a debit', entries: [entry()], state: 'settled', isAlarm: false },
    {
      lines: 'a debit and a credit that reverses it',
      entries: [entry(), reversal('CRDT')],
      state: 'returned',
      isAlarm: false,
    },
    {
      lines: 'a debit and a debit that some banks write for a reversal',
      entries: [entry(), reversal('DBIT')],
      state: 'needs_person',
      isAlarm: true,
    },
    {
      lines: 'a debit and a line that cannot be read',
      entries: [entry(), entry({ amount: '' })],
      state: null,
      isAlarm: true,
    },
  ])(
    'when they are $lines then it is $state, and an alarm is raised: $isAlarm',
    async ({ entries, state, isAlarm }) => {
      const told = await follow(...entries);
      expect([told.state, told.alarm !== null]).toEqual([state, isAlarm]);
    },
  );
});
