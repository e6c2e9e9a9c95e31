/**
 * Which programs are known, by name. How a path comes to a name: program-names.ts. What each may be told:
 * interpreters.ts, package-runners.ts, containers.ts.
 */

import type { ContainerRunner } from "./containers.ts"
import type { Interpreter } from "./interpreters.ts"
import type { PackageRunner } from "./package-runners.ts"

export const shells = words(`
  ash bash busybox cmd csh dash elvish fish hush ksh ksh93 mksh nu oil oksh osh posh powershell powershell_ise pwsh
  rbash rc sh sash tcsh toybox xonsh yash zsh`)

/** Programs that run what their arguments name. */
export const launchers = words(`
  ansible ansible-playbook apt apt-get at batch bazel bpftrace bundle bundler bwrap c89 c99 capsh cargo catatonit cc
  cgexec chpst chrome chromium chroot chrt cl cmake code composer conda coreutils corepack cpulimit crond crontab
  cttyhack daemonize dash-static dbus-run-session ddrescue dialog direnv dmesg doas docker-compose
  docker-entrypoint.sh dpkg dumb-init easy_install eatmydata ed emacs emacsclient entr env envdir envuidgid ex execlineb expect
  fakechroot fakeidentd fakeroot find firejail flock fzf g++ gcc gdb gem ghc git go gosu gradle groovy hx hyperfine
  iex inetd ionice irb jjs jrunscript jshell jupyter just kubectl less linux32 linux64 lldb logsave ltrace m4 make
  man mdev micro mise more msbuild mshta msiexec mvn mysql nano nc ncat nerdctl-compose netcat nice nix nix-shell
  nmap node-gyp nohup npm nsenter numactl nvim openvt osascript pacman parallel patch pdb perf phar phing php-fpm
  phpdbg pico picocom pip pipenv pipx pkexec pnpm podman-compose poetry prlimit proot prove psql psysh puppet pyenv
  qemu rake rbenv regsvr32 rlwrap rpm rscript rsync rr run-parts runcon rundll32 runsv runsvdir runuser rustup rview
  rvim s6-applyuidgid s6-envdir s6-setuidgid s6-softlimit s6-supervise s6-svscan salt-call scp screen script sed
  service setarch setpriv setsid setuidgid sftp slsh softlimit socat sqlite sqlite3 ssh sshfs sshpass
  start-stop-daemon stdbuf strace su su-exec sudo svlogd swift systemctl systemd-run tar taskset tcpsvd telnet
  telnetd terraform time timeout tini tmux top torsocks trap tsocks udhcpc udpsvd unbuffer unshare uutils uv
  valgrind vi view vim vimdiff volta watch wget wish wmic wp wp-cli x11vnc xargs xdg-open xdotool xterm yarn zcip zip
  zypper`)

/** Languages whose flags nobody looked at here. */
export const languages = words(`
  awk babashka bb bsh chez circuitpython clisp clj clojure cscript csi csharprepl d8 denort ecl electron elixir erl
  escript fsi gawk gforth ghci gjs goawk gosh graaljs graalpy graalpython groovysh guile hermes hhvm iojs
  ironpython iverilog ivy janet jimsh jsc julia jython kotlin kotlinc llrt lua luajit luau luvit mawk micropython mruby
  nawk newlisp ocaml octave perl6 pike pyston qjs quickjs r racket raku rakudo regina rexx runghc runhaskell rustpython
  sbcl scala scala-cli scheme spidermonkey tarantool tclsh tjs truffleruby utop winrs wscript`)

export const interpreters: Readonly<Record<string, Interpreter>> = {
  bun: "bun",
  deno: "deno",
  dotnet: "dotnet",
  java: "java",
  javaw: "java",
  node: "node",
  nodejs: "node",
  perl: "perl",
  php: "php",
  "php-cgi": "php",
  "php-cli": "php",
  "php-win": "php",
  cpython: "python",
  py: "python",
  pypy: "python",
  python: "python",
  pythonw: "python",
  jruby: "ruby",
  ruby: "ruby",
  rubyw: "ruby",
}

export const packageRunners: Readonly<Record<string, PackageRunner>> = {
  bunx: "bunx",
  npx: "npx",
  "npx-cli": "npx",
  uvx: "uvx",
}

export const containerRunners: Readonly<Record<string, ContainerRunner>> = {
  docker: "docker",
  nerdctl: "docker",
  podman: "docker",
}

/** The same as packages and scripts: whoever runs those runs what they are told. */
export const launchingPackages = words(`
  babel-node concurrently cross-env cross-env-shell dotenv dotenv-cli esno esbuild-runner execa-cli forever inspector
  ipython jiti lerna mcp-proxy nodemon npm-cli npm-prefix npm-run-all npm-run-all2 nx pm2 pnpx shx supergateway
  ts-node tsx turbo vite-node yarnpkg zx`)

/** Archives of one file that are a language or a launcher; by these names alone, since other archives are services. */
export const launchingArchives = words(`
  ant-launcher.jar bsh.jar clojure.jar composer.phar csi.dll deployer.phar drush.phar fsi.dll gradle-wrapper.jar
  groovy-all.jar groovy.jar jenkins-cli.jar jruby-complete.jar js.jar jython-standalone.jar jython.jar
  kotlin-compiler.jar msbuild.dll phan.phar phar.phar phing.phar phpunit.phar psysh.phar pwsh.dll rhino.jar robo.phar
  symfony.phar wp-cli.phar`)

/** Of GNU, that run others or write files. Where a system has tools of its own, these have a letter in front. */
export const gnuTools = words(`
  awk chroot cp csplit dd ed env find install ln m4 make mkfifo mknod mv nice nohup patch rm runcon sed shred sort
  split stdbuf stty tar tee time timeout touch truncate unlink xargs`)

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
