// @ts-check
/**
 * `npm start`. This file uses nothing newer than what an old Node understands, so that an old Node gets a sentence instead
 * of a syntax error.
 */
import('./src/versions.mjs').then(({ nodeComplaint }) => {
  const complaint = nodeComplaint(process.versions.node);
  if (complaint) {
    process.stderr.write(`${complaint}\n`);
    process.exit(1);
  }
  return import('./src/start.mjs').then(({ main }) =>
    main(process.argv.slice(2)),
  );
});
