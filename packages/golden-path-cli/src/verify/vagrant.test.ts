import { unitFindings } from './ansible';
import { vagrantFindings, variableFindings } from './vagrant';

const GOOD = `# Up: it's easy
Vagrant.configure('2') do |config|
  artifact = Dir['*'].max_by { |file| File.mtime(file) }
  abort 'run the end' if artifact.nil?
  if artifact
    config.vm.box = "x#{artifact}"
  end
  config.vm.provision 'ansible' do |ansible|
    ansible.extra_vars = {
      a: artifact && 'b'
    }
  end
end
`;

it.each([
  [GOOD, []],
  [GOOD.replace(/end\n$/, ''), ['does not close 1 of its blocks']],
  [`${GOOD}end\n`, ['end closes nothing']],
  [GOOD.replace('    }\n', ''), ['end closes nothing']],
  [GOOD.replace('do |config|', '|config|'), ['end closes nothing']],
])('reads a Vagrantfile', (text, found) => {
  expect(vagrantFindings('Vagrantfile', text).map(f => f.message)).toEqual(
    found,
  );
});

it('finds a variable nothing sets', () => {
  const files = (port: string) => [
    { file: 'r/defaults/main.yml', text: 'service_port: 8080\n' },
    {
      file: 'r/tasks/main.yml',
      text: `- register: service_answer\n  until: service_answer.status == 200\n  url: "{{ ${port} }}"\n`,
    },
  ];
  expect(variableFindings(files('service_port'))).toEqual([]);
  expect(variableFindings(files('service_prot'))).toEqual([
    {
      where: 'r/tasks/main.yml:3',
      message: 'speaks of service_prot, which nothing sets',
    },
  ]);
});

it('finds a unit that starts nothing', () => {
  const messages = (text: string) =>
    unitFindings('u', text).map(f => f.message);
  expect(messages('ExecStart=/opt/x/start\n')).not.toContain('starts nothing');
  expect(messages('User=x\n')).toContain('starts nothing');
});
