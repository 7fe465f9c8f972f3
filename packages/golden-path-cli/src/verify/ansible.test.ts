import { interpreterFindings, playFindings, unitFindings } from './ansible';

const messages = (findings: { where: string; message: string }[]) =>
  findings.map(f => `${f.where}: ${f.message}`).join('\n');

describe('playFindings', () => {
  const play = (more: string, from: string) => `
- name: Bring it out
  hosts: service
${more}  tasks:
    - name: Do it
      ansible.builtin.include_role:
        name: service
        tasks_from: ${from}.yml
`;
  const tasks: Record<string, string> = {
    files: '- name: Write\n  ansible.builtin.copy: { dest: /x }\n',
    handled:
      '- name: Write\n  ansible.builtin.copy: { dest: /x }\n  notify: Restart\n',
    restarts:
      '- name: Try\n  block:\n    - name: Restart\n      ansible.builtin.systemd: { name: x, state: restarted }\n',
  };
  const serial = '  serial: 1\n  max_fail_percentage: 0\n';

  it.each([
    ['', 'files', ''],
    [serial, 'restarts', ''],
    [serial, 'handled', ''],
    ['', 'restarts', 'on all machines at once'],
    ['', 'handled', 'on all machines at once'],
    ['  serial: 1\n', 'restarts', 'on all machines at once'],
    ['  serial: 2\n  max_fail_percentage: 0\n', 'restarts', 'all machines'],
  ])('%j with %s: %s', (more, from, message) => {
    const found = playFindings('playbook.yml', play(more, from), file =>
      file === `infra/vm/roles/service/tasks/${from}.yml`
        ? tasks[from]
        : undefined,
    );
    expect(messages(found)).toContain(message);
    expect(found).toHaveLength(message ? 1 : 0);
  });
});

describe('interpreterFindings', () => {
  const good = {
    'infra/vm/Vagrantfile': "config.vm.box = 'bento/debian-12'\n",
    'infra/vm/image.pkr.hcl':
      'default = "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2"\n',
    'infra/vm/roles/service/defaults/main.yml': 'service_python: "3.11"\n',
    'infra/vm/roles/service/tasks/provision.yml':
      "that: service_interpreter.stat.lnk_source is match('.*/python' + service_python)\n",
  };
  const found = (files: Record<string, string>) =>
    messages(
      interpreterFindings(
        '3.11',
        Object.entries(files).map(([file, text]) => ({ file, text })),
      ),
    );

  it('accepts the Python the artifact is built with', () => {
    expect(found(good)).toBe('');
  });

  it.each(Object.keys(good))('notices another one in %s', file => {
    expect(
      found({
        ...good,
        [file]: good[file as keyof typeof good].replace(
          /12|3\.11|service_python/,
          '13',
        ),
      }),
    ).toContain(file);
  });
});

describe('unitFindings', () => {
  it('holds a unit to starting as often as it takes', () => {
    expect(
      messages(unitFindings('x.service', 'StartLimitIntervalSec=300\n')),
    ).toContain('may refuse the release before');
    expect(
      messages(unitFindings('x.service', 'StartLimitIntervalSec=0\n')),
    ).not.toContain('may refuse');
  });
});
