import type { KubernetesObject } from './kubernetesRules';
import { wrongDeletions } from './takenDown';

const object = (kind: string, name = 'ledger'): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, labels: { 'app.kubernetes.io/name': name } },
});

const both =
  '--selector app.kubernetes.io/name in (ledger,ledger-canary) --wait';
const one = '--selector app.kubernetes.io/name=ledger --wait';

describe('what a kubectl is asked to take down', () => {
  const objects = [
    object('Namespace'),
    object('ConfigMap'),
    object('Deployment'),
    object('CronJob', 'ledger-canary'),
  ];

  it('is all that runs, and the alerts before it', () => {
    expect(
      wrongDeletions(
        `delete configmaps ${both}\ndelete deployments,cronjobs ${both}\n`,
        objects,
      ),
    ).toEqual([]);
  });

  it.each([
    [
      'a label it does not select',
      `delete configmaps ${one}\ndelete deployments,cronjobs ${one}\n`,
      'leaves the CronJob ledger-canary',
    ],
    [
      'a kind it does not name',
      `delete configmaps ${both}\ndelete cronjobs ${both}\n`,
      'leaves the Deployment ledger',
    ],
    [
      'a kind nothing has',
      `delete configmaps ${both}\ndelete deployments,cronjobs,ingresses ${both}\n`,
      'asks for ingresses, of which there are none',
    ],
    [
      'alerts that see it go',
      `delete deployments,cronjobs ${both}\ndelete configmaps ${both}\n`,
      'the alerts go after what they miss then',
    ],
  ])('is not: %s', (_, asked, message) => {
    expect(wrongDeletions(asked, objects)).toEqual([message]);
  });
});
