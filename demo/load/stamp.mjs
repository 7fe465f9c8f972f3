import fs from 'node:fs';

/** Raised when the history changes in a way that old progress does not fit. */
const VERSION = 1;

/**
 * What is remembered between runs: the moment at which the history ends and how much of it has been sent. The moment stays the
 * same for the life of the data folder, so the history of a later start is the same history.
 *
 * @param {string} file
 * @param {{ seed: string, now: string }} fresh used when nothing fitting is remembered
 */
export function openStamp(file, { seed, now }) {
  const remembered = read(file);
  const fits =
    remembered?.version === VERSION &&
    remembered.seed === seed &&
    !Number.isNaN(Date.parse(remembered.anchor)) &&
    Number.isInteger(remembered.sent);
  const state = fits
    ? remembered
    : { version: VERSION, seed, anchor: now, sent: 0 };

  function save(sent) {
    state.sent = sent;
    // Written aside and renamed, so that an interruption leaves the old or the new state, never half of one.
    const aside = `${file}.new`;
    fs.writeFileSync(aside, `${JSON.stringify(state, undefined, 2)}\n`);
    fs.renameSync(aside, file);
  }

  if (!fits) {
    save(0);
  }
  return { seed: state.seed, anchor: state.anchor, sent: state.sent, save };
}

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
