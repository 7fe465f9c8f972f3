import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { which } from './run';

/**
 * Shell: `hold <file>` keeps a lock that one command at a time has, and waits while another one has it; it fails when the run is over, and where
 * there is no flock. Linux takes the lock back from a shell that ended, however it did; what the shell starts does not get hold of it (`9>&-`).
 */
const HOLD = `hold() {
  [ -d "$SHARED_INSTALLS" ] && command -v flock >/dev/null || return 1
  { command exec 9>>"$1"; } 2>/dev/null || return 1
  until flock -w 1 9; do
    # 1: another one still has it.
    [ $? = 1 ] && [ -d "$SHARED_INSTALLS" ] || { exec 9>&-; return 1; }
  done
}
`;

/** Commands of a lint script that read the files given to their key, and nothing else. */
const READS_CODE = '(oxlint|eslint|tsc)( [A-Za-z0-9_./-]+)*';

/**
 * `npm` as its callers find it: `npm ci` of a lockfile that was installed before in this run takes over those files, everything else is npm's
 * own. What else an install depends on (package.json, options, Node) makes another key. Who asks for an install that somebody else has begun
 * waits for it. Packages are taken over by hard link, so that they lie where the project has them: a bundler follows symbolic links, and writes
 * where they lead into what it makes. What goes into an artifact as it is is copied: a file that gets another link while tar reads it counts as
 * changed. Tools that npm runs keep what they compiled for the next ones of the run.
 *
 * `npm run lint` that passed is not run again for the same content: both pipelines that are run for real look at the same code. Its key is every
 * file of the folder but those no linter of code reads, the lockfile's among them, what npm says it installed, the options and Node. Scripts
 * that run anything else than such linters, before or after them too, and what failed, are always run, and so is what has nothing installed.
 */
const SHARED_NPM = `#!/bin/sh
export NODE_COMPILE_CACHE="$SHARED_INSTALLS/compiled"
${HOLD}
if [ "$1" = ci ] && [ -f package-lock.json ] && [ -f package.json ]; then
  key="$( (cat package.json package-lock.json; echo "$@"; node --version) | sha256sum | cut -d ' ' -f 1)"
  kept="$SHARED_INSTALLS/$key/node_modules"
  take_over() {
    rm -rf node_modules || return
    case " $1 " in *" --omit=dev "*) cp -a "$kept" node_modules; return ;; esac
    mkdir node_modules &&
      find "$kept/" -mindepth 1 -maxdepth 1 -type d -exec sh -c 'cp -al "$@" node_modules' sh {} + &&
      find "$kept/" -mindepth 1 -maxdepth 1 ! -type d -exec sh -c 'cp -a "$@" node_modules' sh {} +
  }
  hold "$SHARED_INSTALLS/$key.busy" || exec "$SHARED_INSTALLS_NPM" "$@"
  if [ -d "$kept" ]; then
    exec 9>&-
    take_over "$*"
    exit
  fi
  "$SHARED_INSTALLS_NPM" "$@" 9>&- || exit
  if [ -d node_modules ]; then
    mkdir -p "$SHARED_INSTALLS/$key"
    case " $* " in *" --omit=dev "*) take=-a ;; *) take=-al ;; esac
    part="$kept.$$"
    cp "$take" node_modules "$part" 2>/dev/null && mv -T "$part" "$kept" 2>/dev/null || rm -rf "$part"
  fi
  exit 0
fi
case "$*" in
"run lint" | "run --silent lint") ;;
*) exec "$SHARED_INSTALLS_NPM" "$@" ;;
esac
[ -f package-lock.json ] && [ -f node_modules/.package-lock.json ] &&
  ! grep -Eq '"(pre|post)lint" *:' package.json &&
  grep -Eq '^ *"lint": "${READS_CODE}( && ${READS_CODE})*",?$' package.json &&
  ! cat eslint.config.* 2>/dev/null | grep -Eqi 'markdown|mdx|ya?ml' ||
  exec "$SHARED_INSTALLS_NPM" "$@"
key="$( (
  echo "$@"
  node --version
  sha256sum node_modules/.package-lock.json
  find . \\( -name .git -o -name node_modules -o -name .npm -o -name .gitlab-ci-local \\) -prune -o \\( -type f -o -type l \\) \\
    ! -name '*.md' ! -name '*.sh' ! -name '*.y*ml' ! -name '*.tf' ! -name '*.hcl' ! -name '*.j2' ! -name '*.cfg' ! -name service.env \\
    ! -name renovate.json ! -name app.json ! -name CODEOWNERS ! -name '*Dockerfile' ! -name .dockerignore ! -name '*Jenkinsfile' \\
    ! -name Procfile ! -name Vagrantfile -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum
) | sha256sum | cut -d ' ' -f 1)"
kept="$SHARED_INSTALLS/lint-$key"
hold "$kept.busy" || exec "$SHARED_INSTALLS_NPM" "$@"
if [ ! -f "$kept" ]; then
  "$SHARED_INSTALLS_NPM" "$@" >"$kept.$$" 2>&1 9>&-
  status=$?
  if [ "$status" -ne 0 ]; then
    cat "$kept.$$" >&2
    rm -f "$kept.$$"
    exit "$status"
  fi
  mv "$kept.$$" "$kept"
fi
cat "$kept"
exit 0
`;

/**
 * `python3` as its callers find it: an install with pip that found no package index in this run finds none the next time either, and says so at
 * once. Installs that work are pip's own, each time.
 */
const SHARED_PYTHON = `#!/bin/sh
case "$1 $2 $*" in
"-m pip "*" install "*) ;;
*) exec "$SHARED_INSTALLS_PYTHON" "$@" ;;
esac
key="$( (cat requirements.txt requirements-dev.txt .venv/ruff.txt 2>/dev/null; echo "$@") | sha256sum | cut -d ' ' -f 1)"
kept="$SHARED_INSTALLS/pip-$key"
if [ -f "$kept" ]; then
  cat "$kept" >&2
  exit 1
fi
said="$SHARED_INSTALLS/pip-$key.$$"
"$SHARED_INSTALLS_PYTHON" "$@" 2>"$said"
status=$?
cat "$said" >&2
if [ "$status" -ne 0 ] && grep -q NewConnectionError "$said"; then
  mv "$said" "$kept"
else
  rm -f "$said"
fi
exit "$status"
`;

/**
 * `promtool` as its callers find it: a test of rules that passed is not run again in this run. Verifiers and pipelines test the same rules, and
 * what is broken on purpose is tested beside much that is not. A test's key is its text and those of the rule files it names, with their names;
 * it reads nothing else. One that names other than files beside itself, and one that failed, is always run.
 */
const SHARED_PROMTOOL = `#!/bin/sh
${HOLD}
# Names of the rule files, which lie beside the test; fails where there are others, or the list is written otherwise.
rule_files() {
  [ "$(grep -c rule_files "$1")" = 1 ] &&
    sed -n 's/^rule_files: \\[\\([A-Za-z0-9_., -]*\\)\\]$/\\1/p' "$1" | tr ',' ' ' | grep .
}
test_rules() {
  folder="$(dirname "$1")"
  names="$(rule_files "$1" 2>/dev/null)" || exec "$SHARED_INSTALLS_PROMTOOL" test rules "$1"
  files="$(cd "$folder" && sha256sum "$(basename "$1")" $names 2>/dev/null)" || exec "$SHARED_INSTALLS_PROMTOOL" test rules "$1"
  key="$(printf '%s' "$files" | sha256sum | cut -d ' ' -f 1)"
  kept="$SHARED_INSTALLS/promtool-$key"
  hold "$kept.busy" || exec "$SHARED_INSTALLS_PROMTOOL" test rules "$1"
  if [ -d "$kept" ]; then
    printf 'Unit Testing:  %s\\n  SUCCESS\\n\\n' "$1"
    exit 0
  fi
  "$SHARED_INSTALLS_PROMTOOL" test rules "$1" 9>&- || return
  # Whether that can be remembered is nothing to the rules.
  mkdir "$kept" 2>/dev/null
  return 0
}
case " $* " in
*" -"* | " test rules ") exec "$SHARED_INSTALLS_PROMTOOL" "$@" ;;
" test rules "*) ;;
*) exec "$SHARED_INSTALLS_PROMTOOL" "$@" ;;
esac
shift 2
worst=0
for file in "$@"; do
  (test_rules "$file") || worst=$?
done
exit "$worst"
`;

/**
 * Variables with which commands share installs: each set of dependencies is installed for real once in a run, and not again by every job of
 * every pipeline, and what passed is not asked again about the same content. mypy keeps its own in each project: it takes a module of the same
 * path, size and second for the same, which holds within a project and its copies, and not between those of two templates. Nothing is kept
 * beyond the folder given.
 */
export async function sharedInstalls(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const npm = await which('npm');
  const python = await which('python3');
  const promtool = await which('promtool');
  const commands = join(folder, 'commands');
  const installs = join(folder, 'installs');
  await mkdir(commands, { recursive: true });
  await mkdir(installs, { recursive: true });
  const command = async (name: string, text: string) => {
    const file = join(commands, name);
    await writeFile(file, text);
    await chmod(file, 0o755);
  };
  if (npm) {
    await command('npm', SHARED_NPM);
  }
  if (python) {
    await command('python3', SHARED_PYTHON);
  }
  if (promtool) {
    await command('promtool', SHARED_PROMTOOL);
  }
  return {
    PATH: [commands, env.PATH].join(delimiter),
    SHARED_INSTALLS: installs,
    ...(npm && { SHARED_INSTALLS_NPM: npm }),
    ...(python && { SHARED_INSTALLS_PYTHON: python }),
    ...(promtool && { SHARED_INSTALLS_PROMTOOL: promtool }),
  };
}
