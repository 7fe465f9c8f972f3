// @ts-check
/** `npm run templates`, `npm run dora` and `npm run bench`. */
import { main } from './src/run.mjs';

await main(process.argv.slice(2));
