// @ts-check
/** @param {any} _options */
export async function seed(_options) {}
