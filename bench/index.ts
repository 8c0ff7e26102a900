/** Runs a benchmark by its name: `npm run bench -- accrual`. Each says in its file what it measures. */

const BENCHMARKS = ['accrual', 'import', 'intake', 'batch', 'run', 'books', 'pages'];

const [name = '', ...rest] = process.argv.slice(2);
if (!BENCHMARKS.includes(name)) {
  console.error(`Name a benchmark: ${BENCHMARKS.join(', ')}. For example: npm run bench -- accrual`);
  process.exit(1);
}
process.argv.splice(2, process.argv.length, ...rest);
await import(`./${name}.ts`);
