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
  ansible ansible-console ansible-playbook ansible-pull ant apk apptainer apt apt-get aria2c asdf at autossh
  batch bazel bazelisk bpftrace brew bsdtar buck2 buildah bundle bundler bwrap byobu c89 c99 caffeinate capsh
  cargo catatonit cc cgexec choom chpst chrome chromium chroot chrt cl clang clang++ cmake code colima composer
  conda corepack coreutils cpio cpulimit crictl crond crontab crun ctr cttyhack daemonize dash-static
  dbus-launch dbus-run-session dc ddrescue dialog direnv dmesg dnf doas docker-compose docker-entrypoint.sh
  docker-machine dpkg dtach dumb-init dvtm easy_install eatmydata ed emacs emacsclient entr env envdir envuidgid
  ex execlineb expect fakechroot fakeidentd fakeroot faketime finch find firejail flatpak flock fnm ftp fzf g++
  gcc gdb gem gfortran ghc git go gosu gradle groovy grunt guix gulp hatch helm hg hx hyperfine iex
  inetd ionice irb jbang jjs jrunscript jshell jupyter just kubectl launchctl lein less lftp lima limactl linux32
  linux64 lldb logsave ltrace lualatex lxc lxc-attach lxc-execute m4 machinectl make mamba man mariadb mdev micro
  micromamba mise mongo mongosh more mpiexec mpirun msbuild mshta msiexec mvn mysql nano nc ncat nerdctl-compose
  netcat nice ninja nix nix-shell nmap node-gyp nodenv nohup nox npm nsenter nsjail numactl nvim nvm-exec oc
  openvt orb osascript ostree packer pacman parallel patch pdb pdflatex pdm perf phar phing php-fpm phpdbg pico
  picocom pip pipenv pipx pixi pkexec pnpm podman-compose poetry prlimit proot prove proxychains proxychains4
  psql psysh puppet pyenv qemu rake rbenv reflex regsvr32 rlwrap rpm rr rscript rsync run-parts runc
  runcon rundll32 runsv runsvdir runuser rustc rustup rview rvim rye s6-applyuidgid s6-envdir s6-setuidgid
  s6-softlimit s6-supervise s6-svscan salt-call sandbox-exec sbt schroot scons scp screen script sed service
  setarch setlock setpriv setsid setuidgid sftp sg singularity slsh snap socat softlimit sqlite sqlite3 srun ssh
  ssh-agent ssh-copy-id ssh-keygen sshfs sshpass start-stop-daemon stdbuf strace su su-exec sudo svlogd svn swift
  systemctl systemd-cat systemd-inhibit systemd-nspawn systemd-run tar taskset tcc tcpserver tcpsvd telnet
  telnetd terraform time timeout tini tmate tmux tofu top torify torsocks tox trap trickle tsocks udhcpc udpsvd
  unbuffer unshare uutils uv vagrant valgrind vi view vim vimdiff volta wasmer wasmtime watch watchexec wget wine
  wine64 wish wmic wp wp-cli wsl x11vnc xargs xdg-open xdotool xelatex xterm xvfb-run yarn yt-dlp yum zcip zellij
  zip zypper`)

/** Languages whose flags nobody looked at here. */
export const languages = words(`
  awk babashka bb bpython bsh chez circuitpython clisp clj clojure crystal cscript csharprepl csi d8 dart denort
  ecl electron elixir erl escript fennel fsi gawk gforth ghci gjs goawk gosh gprolog graaljs graalpy graalpython
  groovysh guile hermes hhvm iojs ironpython iverilog ivy janet jimsh jsc julia jython kotlin kotlinc llrt lua
  luajit luau luvit mawk micropython mono mruby nawk newlisp nim node-red ocaml octave perl6 pike ptpython pyston
  qjs quickjs r racket raku rakudo rdmd regina rexx runghc runhaskell rustpython sbcl scala scala-cli scheme
  spidermonkey swipl tarantool tclsh tjs truffleruby utop winrs wscript yap zig`)

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
  "podman-remote": "docker",
}

/** The same as packages and scripts: whoever runs those runs what they are told. */
export const launchingPackages = words(`
  babel-node concurrently cross-env cross-env-shell dotenv dotenv-cli esbuild-runner esno esr execa-cli forever
  inspector ipython jiti lerna mcp-proxy nodemon npm-cli npm-prefix npm-run-all npm-run-all2 nx pm2 pnpx shx
  sucrase-node supergateway swc-node ts-node ts-node-cwd ts-node-esm ts-node-script ts-node-transpile-only tsx
  turbo vite-node yarnpkg zx`)

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
