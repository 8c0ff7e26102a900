import type { Movement } from '../books.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string) => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);

type Statement = {
  account: string;
  currency: string;
  from: string;
  to: string;
  createdAt: string;
  opening: string;
  closing: string;
  entries: readonly Movement[];
};

function balance(code: 'OPBD' | 'CLBD', amount: string, currency: string, date: string): string {
  const direction = amount.startsWith('-') ? 'DBIT' : 'CRDT';
  return `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount.replace('-', '')}</Amt>\
<CdtDbtInd>${direction}</CdtDbtInd><Dt><Dt>${date}</Dt></Dt></Bal>`;
}

/** A check that was paid or bounced: number, amount, day and the bank's own reference. ISO 20022 uses MS03 if no reason is given. */
function entry({ key, reference, kind, currency, amount, at }: Movement): string {
  const number = key.split('/')[1] ?? '';
  const day = at.slice(0, 10);
  const isReversal = kind === 'returned';
  const sum = `<Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${isReversal ? 'CRDT' : 'DBIT'}</CdtDbtInd>`;
  const cause = isReversal ? '<RtrInf><Rsn><Cd>MS03</Cd></Rsn></RtrInf>' : '';
  return `<Ntry><NtryRef>${reference}</NtryRef>${sum}<RvslInd>${isReversal}</RvslInd><Sts><Cd>BOOK</Cd></Sts>\
<BookgDt><Dt>${day}</Dt></BookgDt><ValDt><Dt>${day}</Dt></ValDt><AcctSvcrRef>${reference}</AcctSvcrRef>\
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICHQ</Cd><SubFmlyCd>CCHQ</SubFmlyCd></Fmly></Domn></BkTxCd>\
<NtryDtls><TxDtls><Refs><AcctSvcrRef>${reference}</AcctSvcrRef><ChqNb>${escape(number)}</ChqNb></Refs>\
${sum}${cause}</TxDtls></NtryDtls></Ntry>`;
}

/** Prints a statement as camt.053.001.08. */
export function printStatement(statement: Statement): string {
  const { account, currency, from, to, createdAt, opening, closing, entries } = statement;
  const id = `STMT-${account}-${from}-${to}`.slice(0, 35);
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>${id}</MsgId><CreDtTm>${createdAt}</CreDtTm></GrpHdr>
<Stmt><Id>${id}</Id><CreDtTm>${createdAt}</CreDtTm>
<FrToDt><FrDtTm>${from}T00:00:00Z</FrDtTm><ToDtTm>${to}T23:59:59Z</ToDtTm></FrToDt>
<Acct><Id><Othr><Id>${escape(account)}</Id></Othr></Id><Ccy>${currency}</Ccy></Acct>
${balance('OPBD', opening, currency, from)}
${balance('CLBD', closing, currency, to)}
${entries.map(entry).join('\n')}
</Stmt></BkToCstmrStmt></Document>
`;
}
