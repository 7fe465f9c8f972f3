import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { which } from './run';

/**
 * `npm` as its callers find it: `npm ci` of a lockfile that was installed before in this run takes over those files, everything else is npm's
 * own. What else an install depends on (package.json, options, Node) makes another key. Who asks for an install that somebody else has begun
 * waits for it. Packages are taken over by hard link, so that they lie where the project has them: a bundler follows symbolic links, and writes
 * where they lead into what it makes. What goes into an artifact as it is is copied: a file that gets another link while tar reads it counts as
 * changed. Tools that npm runs keep what they compiled for the next ones of the run.
 */
const SHARED_NPM = `#!/bin/sh
export NODE_COMPILE_CACHE="$SHARED_INSTALLS/compiled"
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
  busy="$SHARED_INSTALLS/$key.busy"
  until mkdir "$busy" 2>/dev/null; do
    [ -d "$SHARED_INSTALLS" ] || exec "$SHARED_INSTALLS_NPM" "$@"
    # Who was at it may have been ended, even before saying who that is.
    holder="$(cat "$busy/pid" 2>/dev/null)"
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      rm -rf "$busy"
    elif [ -z "$holder" ] && [ -n "$(find "$busy" -maxdepth 0 ! -newermt '-10 seconds' 2>/dev/null)" ]; then
      rm -rf "$busy"
    else
      sleep 0.1
    fi
  done
  echo $$ >"$busy/pid"
  trap 'rm -rf "$busy"' EXIT
  trap 'exit 143' TERM INT HUP
  if [ -d "$kept" ]; then
    trap - EXIT
    rm -rf "$busy"
    take_over "$*"
    exit
  fi
  "$SHARED_INSTALLS_NPM" "$@" || exit
  if [ -d node_modules ]; then
    mkdir -p "$SHARED_INSTALLS/$key"
    case " $* " in *" --omit=dev "*) take=-a ;; *) take=-al ;; esac
    part="$kept.$$"
    cp "$take" node_modules "$part" 2>/dev/null && mv -T "$part" "$kept" 2>/dev/null || rm -rf "$part"
  fi
  exit 0
fi
exec "$SHARED_INSTALLS_NPM" "$@"
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
 * Variables with which commands share installs: each set of dependencies is installed for real once in a run, and not again by every job of
 * every pipeline. Nothing is kept beyond the folder given.
 */
export async function sharedInstalls(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const npm = await which('npm');
  const python = await which('python3');
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
  return {
    PATH: [commands, env.PATH].join(delimiter),
    SHARED_INSTALLS: installs,
    ...(npm && { SHARED_INSTALLS_NPM: npm }),
    ...(python && { SHARED_INSTALLS_PYTHON: python }),
  };
}
