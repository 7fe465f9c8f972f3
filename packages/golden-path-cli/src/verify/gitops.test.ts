import { handoverFindings } from './gitops';

describe('handoverFindings', () => {
  it('accepts scripts that leave the cluster to Argo CD', () => {
    expect(
      handoverFindings(': "${DEPLOY_TARGET:=local}"\n: "${GITOPS:=true}"\n'),
    ).toEqual([]);
  });

  it.each([
    '',
    ': "${DEPLOY_TARGET:=local}"\n',
    '# : "${GITOPS:=true}"\n',
    ': "${GITOPS:=false}"\n',
  ])('notices %j', settings => {
    expect(handoverFindings(settings)).toEqual([
      {
        where: 'ci/service.env',
        message: expect.stringContaining('Argo CD puts back'),
      },
    ]);
  });
});
