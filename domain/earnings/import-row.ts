import { isCollection, REFUND, WireEvent } from '../event.ts';
import { compileFill } from './fill.ts';
import {
  type Header,
  needText,
  type Read,
  readAmount,
  readAmounts,
  readInstant,
  readQuantity,
  readTest,
  readText,
  readTexts,
  type Report,
  type Row,
  type RowProblem,
} from './import-cells.ts';
import { fieldsOf, type ImportMapping, refundsOf, skipsOf } from './import-mapping.ts';
import { compileRefunds, type RefundedSale } from './import-refund.ts';
import { columnsIn } from './mapping-fields.ts';

/** The column of a problem that a whole row has. */
export const WHOLE_ROW = '(row)';

/** A row as its events, as the problems for which it makes none, or as one that the mapping leaves out. */
export type MappedRow =
  | { readonly events: readonly WireEvent[] }
  | { readonly problems: readonly RowProblem[] }
  | { readonly skipped: true };

/** Maps the rows of one file, in their order. A row that has a problem already is only skipped or refused. */
export type RowMapper = (row: Row, problem?: { column: string; rule: string }) => MappedRow;

/**
 * Compiles a mapping for the header of a file. A row makes one event, or a sale and its refund. Otherwise the mapper says what is wrong
 * with each column of the row. The same row always makes the same events with the same ids, so a file may be sent again.
 */
export function compileMapping(mapping: ImportMapping, columns: readonly string[]): RowMapper {
  const header = new Map(columns.map((column, place) => [column, place]));
  const filler = compileFill(header, mapping.fill);
  const skips = skipsOf(mapping).map((tests) => tests.map((test) => readTest(header, test)));
  const isSkipped = (row: Row): boolean => skips.some((tests) => tests.every((fits) => fits(row)));
  const read = compileEvents(mapping, header);
  return (raw, problem) => {
    const filled = problem ? { row: raw } : filler.fill(raw);
    if (problem) filler.forget();
    const row = 'row' in filled ? filled.row : raw;
    if (isSkipped(row)) return { skipped: true };
    if (problem) return { problems: [withReason(problem.column, problem.rule)] };
    if ('rule' in filled) return { problems: [withReason(WHOLE_ROW, filled.rule)] };
    return read(row);
  };
}

const withReason = (column: string, rule: string, text?: string): RowProblem => ({
  column,
  reason: text === undefined ? rule : `"${text}" ${rule}`,
  rule,
});

function compileEvents(mapping: ImportMapping, header: Header): (row: Row) => MappedRow {
  const readDraft = compileDraft(mapping, header);
  const readRefund = compileRefunds(header, refundsOf(mapping));
  const fields = fieldsOf(mapping);
  return (row) => {
    const problems: RowProblem[] = [];
    const report: Report = (...problem) => void problems.push(withReason(...problem));
    const draft = readDraft(row, report);
    const refund = readRefund(row, report, draft);
    if (problems.length > 0) return { problems };
    const sale = WireEvent.safeParse(draft);
    const taken = refund && WireEvent.safeParse(refund.event);
    const broken = [
      ...(sale.error?.issues ?? []).map((issue) =>
        problemOf({ amounts: mapping.amounts, attributes: mapping.attributes }, fields, issue),
      ),
      ...(taken?.error?.issues ?? []).map((issue) =>
        problemOf({ amounts: refund?.amounts }, { ...fields, ...refund?.columns }, issue),
      ),
    ];
    if (broken.length > 0) return { problems: withoutRepeats(broken) };
    return { events: [sale.data, taken?.data].filter((event) => event !== undefined) };
  };
}

/** A sale and its refund share most fields, so both may have the same problem. */
const withoutRepeats = (problems: readonly RowProblem[]): RowProblem[] => [
  ...new Map(problems.map((problem) => [`${problem.column} ${problem.reason}`, problem])).values(),
];

/** A row as an event whose fields have not been checked yet. An empty optional cell leaves its field out. */
function compileDraft(mapping: ImportMapping, header: Header): Read<RefundedSale> {
  const { source, occurredAt, currency, refundOf, collects, amount, amounts, attributes, quantity } = mapping;
  const id = needText(header, mapping.id);
  const refundId = mapping.refundId ? needText(header, mapping.refundId) : id;
  const program = needText(header, mapping.program);
  const partner = needText(header, mapping.partner);
  const kind = readKind(header, mapping.kind);
  const instant = readInstant(header, occurredAt);
  const unit = currency === undefined ? undefined : readText(header, currency);
  const main = amount === undefined ? undefined : readAmount(header, amount);
  const others = amounts && readAmounts(header, amounts);
  const facts = attributes && readTexts(header, attributes);
  const pieces = quantity === undefined ? undefined : readQuantity(header, quantity);
  const refunded = refundOf && needText(header, refundOf);
  const paid = collects && needText(header, collects);
  return (row, report) => {
    const money = unit?.(row, report);
    const kindText = kind(row, report);
    const isRefund = kindText === REFUND;
    const event: RefundedSale & Record<string, unknown> = {
      source,
      id: isRefund ? refundId(row, report) : id(row, report),
      program: program(row, report),
      partner: partner(row, report),
      kind: kindText,
      occurredAt: instant(row, report),
    };
    const optional = {
      currency: money,
      amount: main?.(row, report, money),
      amounts: others?.(row, report, money),
      quantity: pieces?.(row, report),
      attributes: facts?.(row, report),
      refundOf: isRefund ? refunded?.(row, report) : undefined,
      collects: isCollection(kindText ?? '') ? paid?.(row, report) : undefined,
    };
    for (const [name, value] of Object.entries(optional)) if (value !== undefined) event[name] = value;
    return event;
  };
}

function readKind(header: Header, kind: ImportMapping['kind']): Read<string> {
  if (typeof kind === 'string' || !('cases' in kind)) return needText(header, kind, 'is not mapped to a kind of event');
  const cases = kind.cases.map(({ when, is }) => ({ fits: readTest(header, when), is }));
  const columns = [...new Set(kind.cases.map(({ when }) => when.column))].join(', ');
  return (row, report) => {
    const found = cases.find(({ fits }) => fits(row))?.is ?? kind.otherwise;
    if (found === undefined) report(columns, 'fits none of the cases of `kind`');
    return found ?? '';
  };
}

/** The texts that a message repeats stand in quotation marks. Without them it is the same for all rows. */
const withoutTexts = (message: string): string => message.replaceAll(/"[^"]*" ?/g, '');

/** The columns of the fields that a mapping has by name. */
type Named = { readonly amounts: ImportMapping['amounts']; readonly attributes?: ImportMapping['attributes'] };

/** Where the cause of a broken rule is: a column of the file or, for a constant, the mapping itself. */
function problemOf(
  named: Named,
  fields: ReturnType<typeof fieldsOf>,
  { path, message }: { path: PropertyKey[]; message: string },
): RowProblem {
  const [field = '', name = ''] = path.map(String);
  const source = field === 'amounts' || field === 'attributes' ? named[field]?.[name] : fields[field];
  const column = columnsIn(source).join(', ') || `mapping: ${path.map(String).join('.')}`;
  return { column, reason: message, rule: withoutTexts(message) };
}
