import { buildManifest, serializeManifest } from '../manifest';
import { readRepositoryFacts } from './facts';

const facts = (files: Record<string, string>) =>
  readRepositoryFacts({
    paths: Object.keys(files),
    text: path => (Object.hasOwn(files, path) ? files[path] : undefined),
  });

const none = { dockerfile: false };

describe('readRepositoryFacts', () => {
  it.each<[string, Record<string, string>, object]>([
    ['nothing', {}, none],
    [
      'an Express service on GitHub',
      {
        'package.json': '{ "name": "@fernhill/Card_Vault" }',
        'server.js': 'app.listen(process.env.PORT || 3000)',
        '.github/workflows/test.yml': '',
        Dockerfile: 'FROM node\nEXPOSE 8080/tcp\n',
      },
      {
        ci: 'github',
        language: 'javascript',
        packageEcosystem: 'npm',
        packageName: 'card-vault',
        port: 8080,
        dockerfile: true,
      },
    ],
    [
      'TypeScript on GitLab and Kubernetes',
      {
        'package.json': '{}',
        'tsconfig.json': '{}',
        'src/main.ts': 'const port = Number(process.env.PORT ?? 8081);',
        '.gitlab-ci.yml': '',
        'deploy/kustomization.yaml': '',
      },
      {
        ...none,
        ci: 'gitlab',
        target: 'kubernetes',
        language: 'typescript',
        packageEcosystem: 'npm',
        port: 8081,
      },
    ],
    [
      'Python with Jenkins on a platform',
      {
        'pyproject.toml': '[project]\nname = "stock_counter"\n',
        Jenkinsfile: '',
        Procfile: '',
        'app/main.py': 'port = int(os.environ.get("PORT", "5000"))',
      },
      {
        ...none,
        ci: 'jenkins',
        target: 'paas',
        language: 'python',
        packageEcosystem: 'pip',
        packageName: 'stock-counter',
        port: 5000,
      },
    ],
    [
      'Go with Terraform',
      { 'go.mod': 'module example.com/fernhill/router\n', 'infra/main.tf': '' },
      {
        ...none,
        target: 'aws',
        language: 'go',
        packageEcosystem: 'gomod',
        packageName: 'router',
      },
    ],
    [
      'two ports, so none',
      { 'src/main.ts': 'PORT ?? 1000; PORT ?? 2000', 'package.json': '{}' },
      { ...none, language: 'typescript', packageEcosystem: 'npm' },
    ],
    [
      'files that are not what they are called',
      {
        'package.json': '[1',
        'pyproject.toml': '\u0000',
        '.golden-path.yaml': 'a: [',
        Dockerfile: 'EXPOSE 99999',
      },
      {
        language: 'javascript',
        packageEcosystem: 'npm',
        dockerfile: true,
      },
    ],
  ])('%s', (_, files, wanted) => {
    expect(facts(files)).toEqual(wanted);
  });

  it('believes the manifest before the files', () => {
    const manifest = buildManifest({
      template: { ref: 'template:default/python-service', version: '1.0.0' },
      answers: { ci: 'jenkins', target: 'vm', tier: 1, description: 'Keeps' },
      files: [],
      ownership: [],
    });
    expect(
      facts({
        '.golden-path.yaml': serializeManifest(manifest),
        '.gitlab-ci.yml': '',
        Procfile: '',
      }),
    ).toEqual({
      ...none,
      ci: 'jenkins',
      target: 'vm',
      tier: 1,
      description: 'Keeps',
      template: 'python-service',
    });
  });
});
