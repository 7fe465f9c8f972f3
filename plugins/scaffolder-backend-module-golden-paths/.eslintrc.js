module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  rules: {
    // The integration test runs the actions against the real git host, another plugin. Nothing else may import it:
    // it is a development dependency.
    '@backstage/no-mixed-plugin-imports': [
      'warn',
      { excludedTargetPackages: ['@pavedroad/plugin-git-backend'] },
    ],
  },
});
