/** Programs that are known under other names (AGT-04): builds, versions, GNU's letters, archives; and what only looks so. */

import type { Rule } from "../../src/domain/command-rules/finding.ts"

type Renamed = readonly [Rule, readonly string[], ...string[]]

/** The rule, the names that a folder of anybody's own may have it under, and the arguments. */
export const renamed: readonly Renamed[] = [
  [
    "command.launcher",
    `genv gtimeout gnice gnohup gstdbuf gchroot gruncon gxargs gfind gawk gsed gtar gmake gm4 ged gsplit gsort ginstall
     gcp gmv gln gdd gtee grm gtouch gtime gnuenv gnu-timeout uu-env uu_timeout uutils-nice coreutils uutils
     gsed-4.9`.split(/\s+/),
    "/srv/x",
  ],
  [
    "command.launcher",
    `chpst envdir envuidgid softlimit setuidgid runsv runsvdir svlogd tcpsvd udpsvd inetd crond cttyhack mdev udhcpc
     linux32 telnetd zcip`.split(/\s+/),
    "/srv/x",
  ],
  [
    "command.shell",
    `hush busybox.static busybox-x86_64 busybox-armv7l busybox.nosuid busybox-1.36.1-musl toybox-aarch64 toybox-x86-64
     bash-static zsh-beta dash.real bash-5.3-rc pwsh-preview`.split(/\s+/),
    "-c",
    "id",
  ],
  [
    "command.inline-code",
    `node24 node-24 node_24 node24-linux-x64 node-canary node-nightly nodejs nodejs22 nodejs-lts node.debug deno-canary
     deno-x86_64-unknown-linux-gnu bun-debug bun-profile bun-canary bun-linux-x64-baseline perl5.36 perl5.36.0
     perl5.36-x86_64-linux-gnu ruby3.1 ruby2.7-debug jruby9.4 rubyw`.split(/\s+/),
    "-e",
    "1",
  ],
  [
    "command.inline-code",
    `python3.12 python3.13t python3.12d python3-dbg python3.12-dbg python3.12-intel64 python-nightly pypy3 pypy3.10
     pypy3.10-dbg pythonw3.12 python3.12-x86_64-linux-gnu cpython3.14`.split(/\s+/),
    "-c",
    "1",
  ],
  ["command.inline-code", "php82 php8.3 php-cgi8.2 php-cli php.default php-debug".split(" "), "-r", "1"],
  [
    "command.launcher",
    `qjs quickjs d8 gjs tjs llrt micropython graalpy hhvm raku perl6 sbcl clisp bb clojure luau lua5.4 luajit-2.1
     lua5.4-static electron tclsh8.6 guile3.0 octave-8.4 julia-1.11-linux-x86_64 phpdbg8.2 php-fpm82 psysh phar`.split(
      /\s+/,
    ),
    "/srv/x",
  ],
  [
    "command.launcher",
    "composer.phar composer-2.8.1.phar wp-cli.phar psysh.phar phing.phar phpunit-11.2.phar phar.phar phar8.2.phar".split(
      " ",
    ),
    "exec",
    "id",
  ],
  [
    "command.launcher",
    `ansible-console apptainer aria2c asdf autossh brew bsdtar buildah caffeinate choom clang cpio dbus-launch dc
     dtach faketime flatpak fnm ftp guix helm hg jbang lftp limactl lxc-execute machinectl micromamba mongosh mono
     mpirun nim nodenv oc pdm pixi proxychains4 rdmd runc schroot setlock sg srun ssh-agent svn swipl-9.2
     systemd-inhibit tcc torify ts-node-script vagrant wasmtime watchexec wine64 wsl.exe xvfb-run yt-dlp zig-0.13`.split(
      /\s+/,
    ),
    "id",
  ],
  ["command.inline-code", "python3.13-nogil python3.13-freethreaded".split(" "), "-c", "1"],
  // What nobody knows, and is told code.
  ["command.inline-code", ["renamed"], "--eval=process.exit()"],
  ["command.inline-code", ["renamed"], "--print=require('fs')"],
  ["command.inline-code", ["renamed"], "--exec=a; b"],
  ["command.inline-code", ["renamed"], "-pe", "process.exit()"],
  ["command.inline-code", ["renamed"], "-p", "process.exit()"],
  ["command.inline-code", ["renamed"], "-r", "system('id');"],
  ["command.inline-code", ["renamed"], "-Ic", "__import__('os').system('id')"],
  ["command.inline-code", ["renamed"], "-ne", "system('id')"],
  ["command.inline-code", ["renamed"], "-E", "say 1"],
  ["command.inline-code", ["renamed"], "-esystem('id')"],
  ["command.inline-code", ["renamed"], "-c__import__('os').system('id')"],
  ["command.inline-code", ["renamed"], "eval", "Deno.exit()"],
]

/** What an interpreter or a container is given, each with the rule. */
export const given: readonly (readonly [Rule, string, ...string[]])[] = [
  ["command.launcher", "/usr/bin/php", "/srv/composer.phar", "exec", "id"],
  ["command.launcher", "/opt/php8.3/bin/php8.3", "/srv/wp-cli-2.11.0.phar", "eval", "1;"],
  ["command.launcher", "/usr/bin/java", "-jar", "/srv/jython-standalone-2.7.3.jar", "-c", "1"],
  ["command.launcher", "/usr/bin/dotnet", "/srv/MSBuild.dll", "/srv/x.proj"],
  ["command.launcher", "/usr/bin/dotnet", "/usr/share/dotnet/sdk/8.0.100/dotnet.dll", "run"],
  ["command.launcher", "/usr/bin/php", "/usr/local/lib/php/pearcmd.php", "install", "https://198.51.100.1/x"],
  ["command.launcher", "/usr/bin/php", "/usr/share/php/peclcmd.php", "install", "x"],
  ["command.launcher", "/usr/bin/ruby", "/usr/lib/ruby/3.1.0/un.rb", "x"],
  ["command.launcher", "/usr/bin/ruby", "/usr/local/lib/ruby/3.3.0/irb/init.rb"],
  ["command.launcher", "/usr/bin/perl", "/usr/share/perl/5.36.0/perl5db.pl"],
  ["command.launcher", "/usr/bin/perl", "/usr/lib/git-core/git-svn", "clone", "x"],
  ["command.script", "/usr/bin/php", "phar:///srv/x.phar/x.php"],
  ["command.launcher", "/usr/bin/docker", "run", "-i", "node:24", "-e", "1"],
  ["command.launcher", "/usr/bin/docker", "run", "-i", "localhost:5000/team/python:3.12", "-c", "1"],
  ["command.launcher", "/usr/bin/docker", "run", "-i", `denoland/deno@sha256:${"a".repeat(64)}`, "--eval=1"],
  ["command.launcher", "/usr/bin/docker", "run", "-i", "x:1.0", "busybox-x86_64", "sh"],
]

/** Names that only look like those, and arguments that are no code. */
export const lookalikes: readonly (readonly [string, ...string[]])[] = [
  ["/opt/tools/service-linux-amd64", "stdio"],
  ["/opt/tools/gopher-mcp"],
  ["/opt/tools/gitea-mcp", "-t", "stdio"],
  ["/opt/tools/helm-mcp", "stdio"],
  ["/opt/tools/curl-server"],
  ["/opt/tools/genvoy"],
  ["/opt/tools/uu"],
  ["/opt/tools/nodered-mcp"],
  ["/opt/tools/python-docs-server"],
  ["/opt/tools/server", "-p", "8080", "-r", "/home/ann/my files"],
  ["/opt/tools/server", "--dsn=user:x@tcp(localhost:3306)/db", "-endpoint=https://example.com/?a=1&b=2"],
  ["/opt/tools/server", "-config", "/etc/server (old).json", "--run=all"],
  ["/usr/bin/php", "/srv/service.phar"],
  ["/usr/bin/ruby", "/usr/lib/ruby/gems/3.1.0/gems/some-server-1.0/bin/server.rb"],
  ["/usr/bin/perl", "/opt/perl/server.pl"],
  ["/usr/bin/java", "-jar", "/srv/code.jar"],
  ["/usr/bin/dotnet", "/srv/Service.dll"],
  ["/usr/bin/docker", "run", "-i", "--rm", "mcp/time:1.0", "--local-timezone=Europe/Berlin"],
]
