/**
 * Which program a path stands for, as far as its name tells: versions, suffixes and the scripts of package managers are
 * seen through. What each may be told: interpreters.ts, package-runners.ts, containers.ts.
 */

import type { ContainerRunner } from "./containers.ts"
import type { Interpreter } from "./interpreters.ts"
import type { PackageRunner } from "./package-runners.ts"

export type Kind =
  | { readonly kind: "shell" }
  | { readonly kind: "launcher" }
  | { readonly kind: "program" }
  | { readonly kind: "interpreter"; readonly name: Interpreter }
  | { readonly kind: "package"; readonly name: PackageRunner }
  | { readonly kind: "container"; readonly name: ContainerRunner }

const shells = words(`
  ash bash busybox cmd csh dash elvish fish ksh ksh93 mksh nu oil osh posh powershell powershell_ise pwsh rbash rc sh
  sash tcsh toybox xonsh yash zsh`)

/** Programs that run what their arguments name, or code of a language whose flags nobody looked at here. */
const launchers = words(`
  ansible ansible-playbook apt apt-get at awk batch bazel bpftrace bundle bundler bwrap c89 c99 capsh cargo catatonit
  cc chrome chromium chroot chrt cl cmake code composer conda corepack crontab cscript dash-static dbus-run-session
  ddrescue dialog dmesg doas docker-compose docker-entrypoint.sh dpkg dumb-init easy_install ed elixir emacs
  emacsclient env erl escript ex expect find firejail flock g++ gawk gcc gdb gem ghc ghci git go gosu gradle groovy
  guile hx iex ionice irb iverilog jjs jrunscript jshell julia jupyter just kubectl less lldb logsave ltrace lua
  luajit m4 make man mawk micro mise more msbuild mshta msiexec mvn mysql nano nawk nc ncat nerdctl-compose netcat
  nice nix nix-shell nmap node-gyp nohup npm nsenter nvim ocaml octave openvt osascript pacman parallel patch pdb perf
  pico picocom pip pipenv pipx pkexec pnpm podman-compose poetry prlimit prove psql puppet pyenv qemu r racket rake
  rbenv regsvr32 rlwrap rpm rscript rsync run-parts rundll32 runuser rustup rview rvim salt-call scala scp screen
  script sed service setarch setpriv setsid sftp slsh socat sqlite sqlite3 ssh sshfs sshpass start-stop-daemon stdbuf
  strace su su-exec sudo swift systemctl systemd-run tar taskset tclsh telnet terraform time timeout tini tmux top
  torsocks trap tsocks unshare uv valgrind vi view vim vimdiff volta watch wget winrs wish wmic wscript x11vnc xargs
  xdg-open xdotool xterm yarn zip zypper`)

const interpreters: Readonly<Record<string, Interpreter>> = {
  bun: "bun",
  deno: "deno",
  dotnet: "dotnet",
  java: "java",
  node: "node",
  nodejs: "node",
  perl: "perl",
  php: "php",
  "php-cgi": "php",
  "php-cli": "php",
  py: "python",
  pypy: "python",
  python: "python",
  pythonw: "python",
  jruby: "ruby",
  ruby: "ruby",
}

const packageRunners: Readonly<Record<string, PackageRunner>> = {
  bunx: "bunx",
  npx: "npx",
  "npx-cli": "npx",
  uvx: "uvx",
}

const containerRunners: Readonly<Record<string, ContainerRunner>> = {
  docker: "docker",
  nerdctl: "docker",
  podman: "docker",
}

/** The same as packages and scripts: whoever runs those runs what they are told. */
const launchingPackages = words(`
  babel-node concurrently cross-env cross-env-shell dotenv dotenv-cli esno esbuild-runner execa-cli forever inspector
  ipython jiti lerna mcp-proxy nodemon npm-cli npm-prefix npm-run-all npm-run-all2 nx pm2 pnpx shx supergateway
  ts-node tsx turbo vite-node yarnpkg zx`)

/** @param path of a program or a script, with `/` or `\` */
export function kindOf(path: string): Kind {
  const base = (path.split(/[/\\]/).at(-1) ?? "").toLowerCase()
  if (/^ld(?:-[a-z0-9_-]{1,32})?[.-].{0,32}so/.test(base)) return { kind: "launcher" }
  const kinds = spellingsOf(base).map(kindByName)
  return kinds.find(({ kind }) => kind !== "program") ?? { kind: "program" }
}

/** How packages and systems spell one and the same program. */
const suffix = /\.(?:bat|basic|bin|cmd|com|distrib|exe|nox|openbsd|real|tiny|traditional)$/
const ofManager = /^((?:corepack|npm|npm-cli|npx|npx-cli|pnpm|pnpx|yarn|yarnpkg)(?=\.))/

/** `python3.11` is python, `bash-5.2` bash, `nc.openbsd` nc, `npx-cli.js` npx-cli; `service.js` is nothing known. */
function spellingsOf(base: string): readonly string[] {
  const name = ofManager.exec(base)?.[1] ?? base.replace(suffix, "")
  return [name, withoutVersion(name)]
}

function withoutVersion(name: string): string {
  return name.replace(/[-.\d]{1,32}(?:(?<=\d)[dmt]{1,2})?$/, "")
}

function kindByName(name: string): Kind {
  if (shells.has(name)) return { kind: "shell" }
  if (launchers.has(name) || launchingPackages.has(name)) return { kind: "launcher" }
  const interpreter = own(interpreters, name)
  if (interpreter) return { kind: "interpreter", name: interpreter }
  const runner = own(packageRunners, name)
  if (runner) return { kind: "package", name: runner }
  const container = own(containerRunners, name)
  return container ? { kind: "container", name: container } : { kind: "program" }
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
