module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  // Repositories of others, as they would be found.
  ignorePatterns: ['fixtures/**'],
});
