import { visitName } from './visitName';

it.each`
  pathname                                       | name
  ${'/on-call'}                                  | ${'On call'}
  ${'/on-call/my-shifts'}                        | ${'On call: my shifts'}
  ${'/on-call/schedules/new'}                    | ${'On call: new schedule'}
  ${'/on-call/schedules/default/payments'}       | ${'On call: schedule payments'}
  ${'/git/tokens'}                               | ${'Access tokens'}
  ${'/git/platform/portal/blob/main/README.md'}  | ${'platform/portal'}
  ${'/docs/default/component/portal/delivery'}   | ${'Docs of portal'}
  ${'/create/templates/default/typescript'}      | ${'Create: typescript'}
  ${'/create/tasks/4f1c'}                        | ${'Task'}
  ${'/create/tasks'}                             | ${'Create: tasks'}
  ${'/catalog/default/component/ledger'}         | ${'ledger'}
  ${'/catalog/default/component/ledger/on-call'} | ${'ledger: on call'}
  ${'/constructor'}                              | ${'as recorded'}
`('calls $pathname $name', ({ pathname, name }) => {
  expect(visitName({ pathname, name: 'as recorded | Paved Road' })).toBe(name);
});
