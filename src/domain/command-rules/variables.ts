/** Variables that make a program load, run or trust something else than it would. */

/** To the end of the name, in any case: npm reads its own in both. */
const names = new Set(
  `_java_options aliases bash_env bashopts browser cdpath classpath curl_ca_bundle curl_home display editor env fcedit
   fpath gconv_path glibc_tunables globignore hgeditor hgrcpath home hostaliases http_proxy https_proxy all_proxy ifs
   jdk_java_options java_tool_options java_opts java_home less lessopen lessclose locpath logname manpager maven_opts
   gradle_opts no_proxy nlspath node_channel_fd pager path pathext phprc php_ini_scan_dir prompt_command ps1 ps4
   requests_ca_bundle res_options resolv_host_conf shell shellopts systemroot comspec tmpprefix tzdir userprofile visual
   aws_ca_bundle aws_config_file aws_shared_credentials_file prefix sslkeylogfile windir zdotdir appdata localappdata programdata`
    .trim()
    .split(/\s+/),
)

const beginnings =
  `ansible_ electron_ gio_ gtk_ libmysql_ odbc puppeteer_ playwright_ bash_func_ bun_ bundle_ cargo_ complus_ composer_ conda_ container_ cor_ coreclr_ corepack_
   deno_ docker_ dotnet_ dyld_ elixir_ erl_ gem_ git_ go_ guile_ julia_ kubeconfig ld_ lua_ luajit_ malloc_ mono_ msbuild
   node_ npm_config_ nvm_ openssl_ perl pip_ pipx_ pnpm_ poetry_ podman_ python r_profile r_environ ruby rust_ rustup_ ssh_
   ssl_ terminfo uv_ virtual_env volta_ xdg_ yarn_`
    .trim()
    .split(/\s+/)

/** Of a group that is refused, those that are known to load nothing. */
const harmless = new Set([
  "node_env",
  "node_no_warnings",
  "pythondontwritebytecode",
  "pythonioencoding",
  "pythonunbuffered",
  "pythonutf8",
])

export function isDangerousVariable(name: string): boolean {
  const lower = name.toLowerCase()
  if (harmless.has(lower)) return false
  return names.has(lower) || beginnings.some((beginning) => lower.startsWith(beginning))
}
