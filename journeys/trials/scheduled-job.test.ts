import { tryRepository } from '../support/repositoryTrial';

tryRepository({
  template: 'scheduled-job',
  title: 'Scheduled job',
  description: 'Adds up the day for the books',
  opens: 'Open your job',
  metric: 'job_last_success_timestamp_seconds',
  alert: {
    name: 'RunSlow',
    rules: 'observability/prometheus/rules.yaml',
    limit: '> 0.8 *',
    wrong: '> 8 *',
  },
});
