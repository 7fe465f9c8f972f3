// @ts-check
/** `npm test`. */
import('./src/versions.mjs').then(({ nodeComplaint }) => {
  const complaint = nodeComplaint(process.versions.node);
  if (complaint) {
    process.stderr.write(`${complaint}\n`);
    process.exit(1);
  }
  return import('./src/test.mjs').then(({ main }) =>
    main(process.argv.slice(2)),
  );
});
