/** Variables that make a program load, run or trust something else than it would. */

/** To the end of the name, in any case: npm reads its own in both. */
const names = new Set(
  `_java_options aliases all_proxy appdata aws_ca_bundle aws_config_file aws_shared_credentials_file bash_env
   bashopts browser cdpath classpath comspec curl_ca_bundle curl_home display editor env fcedit fpath gconv_path
   glibc_tunables globignore gradle_opts hgeditor hgrcpath home hostaliases http_proxy https_proxy ifs java_home
   java_opts java_tool_options jdk_java_options less lessclose lessopen localappdata locpath logname manpager
   maven_opts nlspath no_proxy node_channel_fd pager path pathext php_ini_scan_dir phprc prefix programdata
   prompt_command ps1 ps4 requests_ca_bundle res_options resolv_host_conf shell shellopts sslkeylogfile systemroot
   tmpprefix tzdir userprofile visual windir zdotdir`
    .trim()
    .split(/\s+/),
)

const beginnings =
  `ansible_ bash_func_ bun_ bundle_ cargo_ complus_ composer_ conda_ container_ cor_ coreclr_ corepack_ deno_
   docker_ dotnet_ dyld_ electron_ elixir_ erl_ gem_ gio_ git_ go_ gtk_ guile_ julia_ kubeconfig ld_ libmysql_ lua_
   luajit_ malloc_ mono_ msbuild node_ npm_config_ nvm_ odbc openssl_ perl pip_ pipx_ playwright_ pnpm_ podman_
   poetry_ puppeteer_ python r_environ r_profile ruby rust_ rustup_ ssh_ ssl_ terminfo uv_ virtual_env volta_ xdg_
   yarn_`
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
