/** The templates whose result page says what they saved. One that is published is added here; a test compares the list with the templates. */
export const OUTPUT_TEMPLATES = [
  'add-slo',
  'adopt-existing-service',
  'aws-resource',
  'change-owner',
  'decommission',
  'event-worker',
  'golden-path-template',
  'ml-service',
  'python-service',
  'react-web-app',
  'scheduled-job',
  'serverless-function',
  'typescript-service',
] as const;
